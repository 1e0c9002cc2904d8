internal import VarveLinux

LinuxProcess.exit(Program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
