"""The console of a sandbox (联调沙箱控制台): live messages, test persons, faults on demand, acceptance reports."""
