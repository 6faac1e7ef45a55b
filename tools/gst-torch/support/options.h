// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <glib.h>

#include "lib/base/result.h"

namespace gsttorch {

/// Options and parameters of one subcommand, on GOptionContext.
class Options {
 public:
  struct Description {
    const char* parameters;  ///< as the usage line shows them: "A B"
    const char* summary;     ///< what the command does, one paragraph
    const char* notes;       ///< after the options, before the exit statuses: examples
  };

  Options(const char* command, const Description& description);

  /// What the option was given as is stored when `parse` succeeds; absent options leave it alone.
  void add(const std::string& name, char letter, std::optional<std::string>* value,
           const char* help, const char* placeholder);
  void add(const std::string& name, char letter, std::optional<int>* value, const char* help,
           const char* placeholder);
  void add(const std::string& name, char letter, bool* value, const char* help);

  /// Nothing where the command may continue, else the exit status. `--help` prints and exits.
  std::optional<int> parse(int argc, char** argv, std::size_t parameter_count) {
    return parse(argc, argv, parameter_count, parameter_count);
  }
  std::optional<int> parse(int argc, char** argv, std::size_t at_least, std::size_t at_most);
  const std::vector<std::string>& parameters() const { return parameters_; }

  /// The options that were given, as words of a command line, but for those of these names.
  std::vector<std::string> given(std::initializer_list<std::string_view> except) const;

  /// Says on one line what is wrong with the call and where help is. Returns kUsage.
  int usage_error(const std::string& message) const;

 private:
  struct Text {
    std::optional<std::string>* value;
    gchar* slot = nullptr;
  };
  struct Number {
    std::optional<int>* value;
    gchar* slot = nullptr;
  };
  struct Flag {
    bool* value;
    gboolean slot = FALSE;
  };

  GOptionEntry& add_entry(const std::string& name, char letter, const char* help);
  std::optional<int> store();
  void record_given();

  const char* command_;
  Description description_;
  std::deque<std::string> names_;  // deques: GOptionEntry points into them
  std::deque<Text> texts_;
  std::deque<Number> numbers_;
  std::deque<Flag> flags_;
  std::vector<GOptionEntry> entries_;
  std::vector<std::string> parameters_;
  std::vector<std::pair<std::string, std::string>> given_;  // name and word
};

}  // namespace gsttorch
