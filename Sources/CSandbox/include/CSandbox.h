#ifndef BATON_CSANDBOX_H
#define BATON_CSANDBOX_H

#include "CSandboxProtocol.h"

/// Runs the sandbox launcher: reads a policy from descriptor 3, builds the sandbox, runs the command, reports on
/// descriptors 4 and 5. Returns the process's exit code.
int baton_sandbox_main(int argc, char **argv);

/// A close-on-exec descriptor of a new, empty file in memory, or -1 with errno: for the daemon, which puts a policy
/// into it.
int baton_sandbox_memory_file(void);

#endif
