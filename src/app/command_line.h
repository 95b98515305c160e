// The command line of the program `bedplate`: what it takes and which command it runs.
#pragma once

namespace bedplate::app {

// Parses the arguments, loads the settings and runs one command; returns the exit status
// (print.h). Called by main, once, from the only thread there is.
int RunCommandLine(int argc, char** argv);

}  // namespace bedplate::app
