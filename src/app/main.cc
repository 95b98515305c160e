#include "app/command_line.h"

int main(int argc, char** argv) { return bedplate::app::RunCommandLine(argc, argv); }
