.PHONY: build test demo bench clean
