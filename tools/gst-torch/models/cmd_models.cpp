// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <glib.h>

#include "lib/models/manifest.h"
#include "tools/gst-torch/models/fetch_model.h"
#include "tools/gst-torch/models/model_store.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/settings.h"

namespace gsttorch {
namespace {

constexpr char kUsageText[] =
    "Usage:\n"
    "  gst-torch models list [--json]\n"
    "  gst-torch models fetch NAME... | --all [--stall-timeout SECONDS]\n"
    "  gst-torch models path NAME\n\n"
    "Lists the models, downloads their weights and prints where the weights are.\n"
    "gst-torch stores weights in $GST_TORCH_MODELS_DIR, by default in\n"
    "~/.local/share/gst-plugins-torch/models.\n\n";

int misuse(const std::string& message) {
  return fail({ErrorCode::BadArgument, message + " (see gst-torch models --help)"});
}

/// Parses the options of one subcommand; `names` gets what remains. An exit status where it ends
/// here. --help prints and exits by itself.
std::optional<int> parse(int argc, char** argv, const char* usage, const char* summary,
                         const GOptionEntry* entries, std::vector<std::string>& names) {
  g_autoptr(GOptionContext) context = g_option_context_new(usage);
  g_option_context_set_summary(context, summary);
  g_option_context_add_main_entries(context, entries, nullptr);
  g_set_prgname((std::string("gst-torch models ") + argv[0]).c_str());
  g_auto(GStrv) words = g_new0(gchar*, argc + 1);  // parsing reorders and frees its copy
  for (int i = 0; i < argc; i++) words[i] = g_strdup(argv[i]);
  g_autoptr(GError) error = nullptr;
  if (!g_option_context_parse_strv(context, &words, &error)) return misuse(error->message);
  for (gchar** word = words + 1; *word; word++) {
    if (std::string_view(*word) != "--") names.emplace_back(*word);
  }
  return std::nullopt;
}

std::string format_size(const ModelFile& file) {
  char text[32];
  std::snprintf(text, sizeof text, "%s%.1f MB", file.size_is_exact ? "" : "~",
                static_cast<double>(file.size) / 1e6);
  return text;
}

void print_row(const char* name, const char* model, const char* state, const std::string& size,
               const char* licence) {
  std::printf("%-14s %-12s %-8s %9s  %s\n", name, model, state, size.c_str(), licence);
}

void print_table(const Manifest& manifest) {
  print_row("NAME", "MODEL", "STATE", "SIZE", "LICENCE");
  for (const Model& model : manifest.models()) {
    print_row(model.name.c_str(), model.architecture.c_str(), state_name(stored_model(model).state),
              format_size(model.file), model.licence.c_str());
  }
}

void print_json(const Manifest& manifest) {
  nlohmann::json models = nlohmann::json::array();
  for (const Model& model : manifest.models()) {
    const StoredModel stored = stored_model(model);
    nlohmann::json entry = {{"name", model.name},
                            {"model", model.architecture},
                            {"task", model.task},
                            {"summary", model.summary},
                            {"state", state_name(stored.state)},
                            {"path", model.path().string()},
                            {"size", model.file.size},
                            {"licence", model.licence}};
    if (!stored.reason.empty()) entry["reason"] = stored.reason;
    models.push_back(std::move(entry));
  }
  const nlohmann::json document = {{"directory", models_dir().string()}, {"models", models}};
  std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

int list_models(int argc, char** argv) {
  gboolean as_json = FALSE;
  const GOptionEntry entries[] = {
      {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON instead of a table", nullptr}, {}};
  std::vector<std::string> names;
  if (auto status = parse(argc, argv, "", "Lists the models and shows which weights are installed.",
                          entries, names)) {
    return *status;
  }
  if (!names.empty()) return misuse("models list accepts no parameters");
  const auto manifest = Manifest::load();
  if (!manifest) return fail({ErrorCode::LibraryMissing, manifest.error().message});
  as_json ? print_json(*manifest) : print_table(*manifest);
  return kOk;
}

int print_path(int argc, char** argv) {
  const GOptionEntry entries[] = {{}};
  std::vector<std::string> names;
  if (auto status =
          parse(argc, argv, "NAME", "Prints the path of a model's weights file.", entries, names)) {
    return *status;
  }
  if (names.size() != 1) return misuse("models path requires exactly one name");
  const auto manifest = Manifest::load();
  if (!manifest) return fail({ErrorCode::LibraryMissing, manifest.error().message});
  if (!manifest->find(names[0])) return misuse(manifest->unknown(names[0]).message);
  const auto path = model_weights(names[0]);
  if (!path) return fail(path.error());
  std::puts(path->c_str());
  return kOk;
}

int fetch_one(const Model& model, int stall_timeout_s) {
  const auto report = fetch_model(model, stall_timeout_s);
  if (!report) return fail(report.error());
  if (!report->warning.empty()) {
    std::fprintf(stderr, "gst-torch: warning: %s\n", report->warning.c_str());
  }
  const std::string path = model.path().string();
  if (report->already_there) {
    std::printf("%s: already installed: %s\n", model.name.c_str(), path.c_str());
  } else {
    std::printf("%s: fetched from %s: %s\n", model.name.c_str(), report->source.c_str(),
                path.c_str());
  }
  std::fflush(stdout);
  return kOk;
}

int fetch_models(int argc, char** argv) {
  gboolean all = FALSE;
  int stall_timeout_s = 30;
  const GOptionEntry entries[] = {
      {"all", 'a', 0, G_OPTION_ARG_NONE, &all, "Fetch every model", nullptr},
      {"stall-timeout", 0, 0, G_OPTION_ARG_INT, &stall_timeout_s,
       "Give up when no data arrives for this long (default 30)", "SECONDS"},
      {}};
  std::vector<std::string> names;
  if (auto status = parse(argc, argv, "NAME...", "Downloads, verifies and installs weights.",
                          entries, names)) {
    return *status;
  }
  if (all == !names.empty()) return misuse("models fetch requires either names or --all");
  if (stall_timeout_s < 1) return misuse("--stall-timeout must be at least 1");
  const auto manifest = Manifest::load();
  if (!manifest) return fail({ErrorCode::LibraryMissing, manifest.error().message});
  std::vector<const Model*> wanted;
  for (const std::string& name : names) {
    wanted.push_back(manifest->find(name));
    if (!wanted.back()) return misuse(manifest->unknown(name).message);
  }
  for (const Model& model : manifest->models()) {
    if (all) wanted.push_back(&model);
  }
  int status = kOk;
  for (const Model* model : wanted) {
    const int fetched = fetch_one(*model, stall_timeout_s);
    if (status == kOk) status = fetched;
  }
  return status;
}

}  // namespace

int cmd_models(int argc, char** argv) {
  if (argc < 2) return misuse("models requires list, fetch or path");
  const std::string_view action = argv[1];
  if (action == "list") return list_models(argc - 1, argv + 1);
  if (action == "fetch") return fetch_models(argc - 1, argv + 1);
  if (action == "path") return print_path(argc - 1, argv + 1);
  if (action == "--help" || action == "-h") {
    std::fputs(kUsageText, stdout);
    std::fputs(kExitStatusHelp, stdout);
    return kOk;
  }
  return misuse("unknown command \"models " + std::string(action) + "\": use list, fetch or path");
}

}  // namespace gsttorch
