// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/static_data.h"

#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gsttorch {
namespace {

using testing::AllOf;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::Not;

const auto kNothing = Not(HasSubstr("destroyed"));

using NameFunction = const char* (*)();

NameFunction open_library(const char* file) {
  void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  void* const function = library ? dlsym(library, "name_of_static_data") : nullptr;
  if (!function) std::fprintf(stderr, "%s\n", dlerror());
  return reinterpret_cast<NameFunction>(function);
}

[[noreturn]] void use_and_exit(const char* file) {
  const auto name = open_library(file);
  std::exit(name && name()[0] == 't' ? 0 : 1);
}

TEST(StaticData, is_destroyed_at_exit_where_nobody_keeps_it) {
  EXPECT_EXIT(
      use_and_exit(DYING_LIBRARY), ExitedWithCode(0),
      AllOf(HasSubstr("that of the file destroyed"), HasSubstr("that of the function destroyed")));
}

TEST(StaticData, is_kept_from_the_beginning_by_a_library_that_is_linked) {
  EXPECT_EXIT(use_and_exit(KEPT_LIBRARY), ExitedWithCode(0), kNothing);
}

TEST(StaticData, of_a_library_that_was_there_is_kept_where_it_is_not_registered_yet) {
  const auto keep_late = [] {
    const auto name = open_library(DYING_LIBRARY);
    keep_static_data("no such library", {"libdyi"});
    std::exit(name && name()[0] == 't' ? 0 : 1);
  };
  EXPECT_EXIT(keep_late(), ExitedWithCode(0),
              AllOf(HasSubstr("that of the file destroyed"),
                    Not(HasSubstr("that of the function destroyed"))));
}

TEST(StaticData, of_other_libraries_is_left_alone) {
  const auto keep_others = [] {
    keep_static_data("no such library", {"nobody"});
    use_and_exit(DYING_LIBRARY);
  };
  EXPECT_EXIT(keep_others(), ExitedWithCode(0), HasSubstr("that of the function destroyed"));
}

}  // namespace
}  // namespace gsttorch
