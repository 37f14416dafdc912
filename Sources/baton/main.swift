import BatonCLI
import Glibc

exit(await BatonMain.run(Array(CommandLine.arguments.dropFirst())))
