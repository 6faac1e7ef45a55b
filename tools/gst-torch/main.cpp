// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdio>
#include <string_view>

#include <gst/gst.h>

#include "config.h"
#include "lib/engine/loader.h"
#include "lib/engine/torch_version.h"
#include "tools/gst-torch/support/commands.h"

namespace gsttorch {
namespace {

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

void print_commands(std::FILE* out) {
  std::fputs("Commands:\n", out);
  for (const Command& command : kCommands) {
    std::fprintf(out, "  %-9s %s\n", command.name, command.summary);
  }
}

void print_help() {
  std::fputs(
      "Usage: gst-torch COMMAND [OPTION...]\n\n"
      "Analyzes video with neural networks, through GStreamer and LibTorch.\n\n",
      stdout);
  print_commands(stdout);
  std::fputs(
      "\ngst-torch COMMAND --help prints the options of a command.\n"
      "\n",
      stdout);
  std::fputs(kExitStatusHelp, stdout);
}

int unknown_command(const char* name) {
  if (name) {
    std::fprintf(stderr, "gst-torch: unknown command \"%s\"\n", name);
  } else {
    std::fputs("gst-torch: no command given\n", stderr);
  }
  print_commands(stderr);
  return kUsage;
}

void print_version() {
  guint major = 0, minor = 0, micro = 0, nano = 0;
  gst_version(&major, &minor, &micro, &nano);
  std::printf("gst-torch " VERSION
              " (GStreamer %u.%u.%u, built for LibTorch " GSTTORCH_TORCH_VERSION ")\n",
              major, minor, micro);
}

int run(int argc, char** argv) {
  if (argc < 2) return unknown_command(nullptr);
  const std::string_view name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    print_help();
    return kOk;
  }
  if (name == "--version") {
    print_version();
    return kOk;
  }
  const Command* command = find_command(name);
  if (!command) return unknown_command(argv[1]);
  prepare_environment();  // before GStreamer or anything else starts a thread
  const int status = command->run(argc - 1, argv + 1);
  const int written = close_output();
  return status == kOk ? written : status;
}

}  // namespace
}  // namespace gsttorch

int main(int argc, char** argv) { return gsttorch::run(argc, argv); }
