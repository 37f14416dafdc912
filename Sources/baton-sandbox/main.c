#include "CSandbox.h"
int main(int argc, char **argv) { return baton_sandbox_main(argc, argv); }
