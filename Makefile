CONFIGURATION := Release
CRASH_ROUNDS := 200
OUTAGE_MINUTES := 10
SOAK_MINUTES := 0

.PHONY: help build build-windows test test-windows demo bench soak large crash-test outage-test fault-test fuzz format-check clean

help: ## Lists the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## Builds bin/orthanc-cloudfs.
	dotnet publish src/Program -c $(CONFIGURATION) -o bin -p:RestoreLockedMode=true --nologo -v quiet

build-windows: ## Builds bin/win-x64/, the program for Windows with everything that it needs but WinFsp.
	dotnet publish src/Program -c $(CONFIGURATION) -r win-x64 --self-contained -o bin/win-x64 -p:RestoreLockedMode=true --nologo -v quiet

test: ## Installs what the tests need (Debian 12, as root), builds, and runs the whole suite.
	tests/scripts/install-dependencies test
	$(MAKE) build
	tests/scripts/run-tests $(CONFIGURATION)

test-windows: ## The adapter for Windows against a WinFsp stub under Wine, and all other tests that need no FUSE as a program of Windows.
	tests/scripts/install-dependencies test
	tests/scripts/run-windows-tests

demo: ## Shows the main job on this machine, without a cloud account.
	tests/scripts/install-dependencies demo
	$(MAKE) build
	mount-scripts/demo

bench: build ## Measures: ratios against tmpfs, local disk and the providers' SDKs, counts of requests.
	tests/scripts/install-dependencies test
	dotnet run --project tests/Benchmarks -c $(CONFIGURATION) -- bench
	dotnet run --project tests/Benchmarks -c $(CONFIGURATION) -- transfer

soak: build ## Watches memory, descriptors and threads under 50 clients with 20 MB files and a budget of 128 MB; SOAK_MINUTES=30 for long.
	tests/scripts/install-dependencies demo
	dotnet run --project tests/Benchmarks -c $(CONFIGURATION) -- soak --minutes $(SOAK_MINUTES)

large: build ## Passes a file of 3 GB through a budget of 64 MB, on a local bucket, Ceph's gateway and Azurite.
	tests/scripts/install-dependencies test
	dotnet build tests/EndToEnd.Tests -c $(CONFIGURATION) -p:RestoreLockedMode=true --nologo -v quiet
	ORTHANC_CLOUDFS_LARGE_MEGABYTES=3000 tests/EndToEnd.Tests/bin/$(CONFIGURATION)/net10.0/OrthancCloudFs.EndToEnd.Tests \
		-class '*LargeFileTests' -noColor -noLogo -showLiveOutput

crash-test: build ## kill -9 of mount, Orthanc and gateway under load, CRASH_ROUNDS times (200), CRASH_SEED to repeat: is anything lost?
	tests/scripts/install-dependencies test
	dotnet run --project tests/Campaigns -c $(CONFIGURATION) -- crash --rounds $(CRASH_ROUNDS) $(if $(CRASH_SEED),--seed $(CRASH_SEED))

outage-test: build ## OUTAGE_MINUTES (10) without the bucket, in journal mode under load, OUTAGE_SEED to repeat: is anything refused or lost?
	tests/scripts/install-dependencies test
	dotnet run --project tests/Campaigns -c $(CONFIGURATION) -- outage --minutes $(OUTAGE_MINUTES) $(if $(OUTAGE_SEED),--seed $(OUTAGE_SEED))

fault-test: ## Runs 10,000 operations of 32 clients, three times in each write mode, on a bucket in which anything may happen.
	dotnet build tests/Attachments.Tests -c $(CONFIGURATION) -p:RestoreLockedMode=true --nologo -v quiet
	ORTHANC_CLOUDFS_FAULT_OPERATIONS=10000 ORTHANC_CLOUDFS_FAULT_SEEDS=1,2,3 \
		tests/Attachments.Tests/bin/$(CONFIGURATION)/net10.0/OrthancCloudFs.Attachments.Tests \
		-class '*FaultCampaignTests' -noColor -noLogo -showLiveOutput

fuzz: ## Searches for inputs that break a parser, led by coverage: FUZZ_SECONDS (600) for each target, two at a time.
	tests/scripts/install-dependencies fuzz
	tests/scripts/fuzz

format-check: ## Fails when a source file is not formatted as .editorconfig says.
	dotnet format --verify-no-changes --no-restore

clean: ## Removes what was built.
	rm -rf bin
	find src tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
