// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <cstdio>

#include <nlohmann/json.hpp>

#include <gst/gst.h>

#include "config.h"
#include "tools/gst-torch/doctor/doctor.h"
#include "tools/gst-torch/support/commands.h"
#include "tools/gst-torch/support/options.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

const char* state_name(CheckState state) {
  switch (state) {
    case CheckState::Ok:
      return "ok";
    case CheckState::Missing:
      return "missing";
    case CheckState::Optional:
      return "absent";
    case CheckState::Fact:
      break;
  }
  return "fact";
}

Checks examine() {
  Checks checks;
  check_gstreamer(checks);
  check_own_plugins(checks);
  check_engine(checks);
  check_models(checks);
  check_stages(checks);
  check_libraries(checks);
  check_machine(checks);
  check_gpu(checks);
  check_environment(checks);
  return checks;
}

int count_missing(const Checks& checks) {
  int missing = 0;
  for (const Check& check : checks) missing += check.state == CheckState::Missing;
  return missing;
}

void print_check(const Check& check) {
  const bool is_fact = check.state == CheckState::Fact;
  std::printf("  %-8s %-20s %s%s%s\n", is_fact ? "" : state_name(check.state), check.name.c_str(),
              check.detail.c_str(), check.remedy.empty() ? "" : " -> ", check.remedy.c_str());
}

void print_text(const Checks& checks) {
  std::string group;
  for (const Check& check : checks) {
    if (check.group != group) std::printf("%s\n", check.group.c_str());
    group = check.group;
    print_check(check);
  }
  const int missing = count_missing(checks);
  if (missing == 0) {
    std::puts("\nEverything that gst-torch analyze requires is installed.");
  } else {
    std::printf("\n%d required %s missing.\n", missing, missing == 1 ? "item is" : "items are");
  }
}

void print_json(const Checks& checks) {
  Json list = Json::array();
  for (const Check& check : checks) {
    Json object = {{"group", check.group},
                   {"name", check.name},
                   {"state", state_name(check.state)},
                   {"detail", check.detail}};
    if (!check.remedy.empty()) object["remedy"] = check.remedy;
    list.push_back(object);
  }
  const Json report = {{"version", VERSION}, {"ok", count_missing(checks) == 0}, {"checks", list}};
  std::puts(report.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

constexpr Options::Description kDescription = {
    "",
    "Checks everything that the elements and gst-torch require. Prints what is missing and how "
    "to get\n"
    "it. gst-torch analyze requires the items marked \"missing\". Only some options and formats\n"
    "require the items marked \"absent\".",
    "",
};

}  // namespace

int cmd_doctor(int argc, char** argv) {
  bool json = false;
  Options options("doctor", kDescription);
  options.add("json", 0, &json, "Print one JSON object");
  if (auto status = options.parse(argc, argv, 0)) return *status;
  gst_init(nullptr, nullptr);
  const Checks checks = examine();
  json ? print_json(checks) : print_text(checks);
  return count_missing(checks) == 0 ? kOk : kUnavailable;
}

}  // namespace gsttorch
