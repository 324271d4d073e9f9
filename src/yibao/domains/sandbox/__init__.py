"""What a sandbox (联调沙箱) keeps beside the records: the latest messages, ordered faults, its test persons."""
