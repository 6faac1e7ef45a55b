// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/options.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "tools/gst-torch/support/commands.h"

namespace gsttorch {
namespace {

// One failure is one line, whatever line ends a library's message has in it.
std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

std::optional<int> parse_number(const char* text) {
  int number = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace

Options::Options(const char* command, const Description& description)
    : command_(command), description_(description) {}

GOptionEntry& Options::add_entry(const std::string& name, char letter, const char* help) {
  GOptionEntry entry{};
  entry.long_name = names_.emplace_back(name).c_str();
  entry.short_name = letter;
  entry.description = help;
  return entries_.emplace_back(entry);
}

void Options::add(const std::string& name, char letter, std::optional<std::string>* value,
                  const char* help, const char* placeholder) {
  GOptionEntry& entry = add_entry(name, letter, help);
  entry.arg = G_OPTION_ARG_FILENAME;  // bytes as they came, whatever the locale
  entry.arg_data = &texts_.emplace_back(Text{value}).slot;
  entry.arg_description = placeholder;
}

// Taken as text: G_OPTION_ARG_INT reads "010" as eight.
void Options::add(const std::string& name, char letter, std::optional<int>* value, const char* help,
                  const char* placeholder) {
  GOptionEntry& entry = add_entry(name, letter, help);
  entry.arg = G_OPTION_ARG_FILENAME;
  entry.arg_data = &numbers_.emplace_back(Number{value}).slot;
  entry.arg_description = placeholder;
}

void Options::add(const std::string& name, char letter, bool* value, const char* help) {
  GOptionEntry& entry = add_entry(name, letter, help);
  entry.arg = G_OPTION_ARG_NONE;
  entry.arg_data = &flags_.emplace_back(Flag{value}).slot;
}

std::optional<int> Options::parse(int argc, char** argv, std::size_t at_least,
                                  std::size_t at_most) {
  entries_.emplace_back(GOptionEntry{});  // the list ends with an empty entry
  g_autoptr(GOptionContext) context = g_option_context_new(description_.parameters);
  g_option_context_set_summary(context, description_.summary);
  const std::string notes = std::string(description_.notes) + kExitStatusHelp;
  g_option_context_set_description(context, notes.c_str());
  g_option_context_add_main_entries(context, entries_.data(), nullptr);
  g_set_prgname((std::string("gst-torch ") + command_).c_str());

  g_auto(GStrv) arguments = g_new0(gchar*, argc + 1);  // parsing reorders and frees its copy
  for (int i = 0; i < argc; i++) arguments[i] = g_strdup(argv[i]);
  g_autoptr(GError) error = nullptr;
  if (!g_option_context_parse_strv(context, &arguments, &error)) {
    return usage_error(error->message);
  }
  if (auto status = store()) return status;
  for (gchar** word = arguments + 1; *word; word++) {
    if (std::strcmp(*word, "--") != 0) parameters_.emplace_back(*word);
  }
  if (parameters_.size() > at_most) {
    return usage_error("unexpected parameter \"" + parameters_[at_most] + "\"");
  }
  if (parameters_.size() >= at_least) return std::nullopt;
  return usage_error(std::string("missing parameter: ") + description_.parameters);
}

void Options::record_given() {
  for (const GOptionEntry& entry : entries_) {
    if (!entry.long_name) continue;
    const std::string word = std::string("--") + entry.long_name;
    if (entry.arg == G_OPTION_ARG_NONE) {
      if (*static_cast<gboolean*>(entry.arg_data)) given_.emplace_back(entry.long_name, word);
    } else if (const gchar* value = *static_cast<gchar**>(entry.arg_data)) {
      given_.emplace_back(entry.long_name, word + "=" + value);
    }
  }
}

std::vector<std::string> Options::given(std::initializer_list<std::string_view> except) const {
  std::vector<std::string> words;
  for (const auto& [name, word] : given_) {
    if (std::find(except.begin(), except.end(), name) == except.end()) words.push_back(word);
  }
  return words;
}

std::optional<int> Options::store() {
  record_given();
  for (Text& text : texts_) {
    if (text.slot) *text.value = text.slot;
    g_clear_pointer(&text.slot, g_free);
  }
  for (Flag& flag : flags_) *flag.value = flag.slot;
  for (Number& number : numbers_) {
    if (!number.slot) continue;
    const std::string word = number.slot;
    g_clear_pointer(&number.slot, g_free);
    *number.value = parse_number(word.c_str());
    if (!*number.value) return usage_error("\"" + word + "\" is not a whole number");
  }
  return std::nullopt;
}

int Options::usage_error(const std::string& message) const {
  std::fprintf(stderr, "gst-torch: %s: %s (see gst-torch %s --help)\n", command_,
               one_line(message).c_str(), command_);
  return kUsage;
}

}  // namespace gsttorch
