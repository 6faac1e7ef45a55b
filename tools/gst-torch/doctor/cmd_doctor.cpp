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

const char* state_word(FindingState state) {
  switch (state) {
    case FindingState::Ok:
      return "ok";
    case FindingState::Missing:
      return "missing";
    case FindingState::Optional:
      return "absent";
    case FindingState::Fact:
      break;
  }
  return "fact";
}

Findings examine() {
  Findings findings;
  check_gstreamer(findings);
  check_own_plugins(findings);
  check_engine(findings);
  check_models(findings);
  check_machine(findings);
  check_gpu(findings);
  check_environment(findings);
  return findings;
}

int count_missing(const Findings& findings) {
  int missing = 0;
  for (const Finding& finding : findings) missing += finding.state == FindingState::Missing;
  return missing;
}

void print_finding(const Finding& finding) {
  const bool is_fact = finding.state == FindingState::Fact;
  std::printf("  %-8s %-20s %s%s%s\n", is_fact ? "" : state_word(finding.state),
              finding.name.c_str(), finding.detail.c_str(), finding.remedy.empty() ? "" : " -> ",
              finding.remedy.c_str());
}

void print_text(const Findings& findings) {
  std::string group;
  for (const Finding& finding : findings) {
    if (finding.group != group) std::printf("%s\n", finding.group.c_str());
    group = finding.group;
    print_finding(finding);
  }
  const int missing = count_missing(findings);
  if (missing == 0) {
    std::puts("\nEverything that is needed is there.");
  } else {
    std::printf("\n%d needed %s missing.\n", missing, missing == 1 ? "thing is" : "things are");
  }
}

void print_json(const Findings& findings) {
  Json checks = Json::array();
  for (const Finding& finding : findings) {
    Json check = {{"group", finding.group},
                  {"name", finding.name},
                  {"state", state_word(finding.state)},
                  {"detail", finding.detail}};
    if (!finding.remedy.empty()) check["remedy"] = finding.remedy;
    checks.push_back(check);
  }
  const Json report = {
      {"version", VERSION}, {"ok", count_missing(findings) == 0}, {"checks", checks}};
  std::puts(report.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
}

constexpr Options::Description kDescription = {
    "",
    "Looks at everything that the elements need, and says what is found, what is missing and how "
    "to get it.",
    "Exit status: 0 when flow of a video can be computed, 1 when something needed is missing,\n"
    "2 wrong usage.",
};

}  // namespace

int cmd_doctor(int argc, char** argv) {
  bool json = false;
  Options options("doctor", kDescription);
  options.add("json", 0, &json, "Print one JSON object");
  if (auto status = options.parse(argc, argv, 0)) return *status;
  gst_init(nullptr, nullptr);
  const Findings findings = examine();
  json ? print_json(findings) : print_text(findings);
  return count_missing(findings) == 0 ? kOk : kFailed;
}

}  // namespace gsttorch
