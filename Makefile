CONFIGURATION := Release
CRASH_ROUNDS := 200
SOAK_MINUTES := 0

.PHONY: help build test demo bench soak large crash-test fault-test format-check clean

format-check: ## Fails when a source file is not formatted as .editorconfig says.
	dotnet format --verify-no-changes --no-restore

clean: ## Removes what was built.
	rm -rf bin
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
