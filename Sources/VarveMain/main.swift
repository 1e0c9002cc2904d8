internal import VarveCommand
internal import VarveLinux

LinuxProcess.exit(CommandLineProgram.run(Array(CommandLine.arguments.dropFirst())))
