CONFIGURATION := Release

.PHONY: help build test demo bench soak large fuzz format-check clean

help: ## Lists the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## Builds bin/orthanc-cloudfs.
	dotnet publish src/Program -c $(CONFIGURATION) -o bin -p:RestoreLockedMode=true --nologo -v quiet

test: ## Installs what the tests need (Debian 12, as root), builds, and runs the whole suite.
	tests/scripts/install-dependencies test
	$(MAKE) build
	tests/scripts/run-tests $(CONFIGURATION)

demo: ## Shows the main job on this machine, without a cloud account.
	tests/scripts/install-dependencies demo
	$(MAKE) build
	mount-scripts/demo

bench: build ## Measures: ratios against tmpfs, local disk and the providers' SDKs, counts of requests.
	tests/scripts/install-dependencies test
	dotnet run --project tests/Benchmarks -c $(CONFIGURATION) -- bench
	dotnet run --project tests/Benchmarks -c $(CONFIGURATION) -- transfer

soak: build ## Watches the memory of 50 clients with 20 MB files under a budget of 128 MB.
	tests/scripts/install-dependencies demo
	dotnet run --project tests/Benchmarks -c $(CONFIGURATION) -- soak

large: build ## Passes a file of 3 GB through a budget of 64 MB, on a local bucket, Ceph's gateway and Azurite.
	tests/scripts/install-dependencies test
	dotnet build tests/EndToEnd.Tests -c $(CONFIGURATION) -p:RestoreLockedMode=true --nologo -v quiet
	ORTHANC_CLOUDFS_LARGE_MEGABYTES=3000 tests/EndToEnd.Tests/bin/$(CONFIGURATION)/net10.0/OrthancCloudFs.EndToEnd.Tests \
		-class '*LargeFileTests' -noColor -noLogo -showLiveOutput

fuzz: ## Searches for inputs that break a parser, led by coverage: FUZZ_SECONDS (600) for each target, two at a time.
	tests/scripts/install-dependencies fuzz
	tests/scripts/fuzz

format-check: ## Fails when a source file is not formatted as .editorconfig says.
	dotnet format --verify-no-changes --no-restore

clean: ## Removes what was built.
	rm -rf bin
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
