"""What every door that takes files of drivers does with them: `drivers` imports one, `child` in a process apart."""
