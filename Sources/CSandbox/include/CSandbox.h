#ifndef BATON_CSANDBOX_H
#define BATON_CSANDBOX_H

int baton_sandbox_main(int argc, char **argv);

#endif
