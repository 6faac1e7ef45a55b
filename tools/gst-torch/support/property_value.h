// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"

namespace gsttorch {

/// A text as the value of an element's property, in the form in which a pipeline description has
/// it. An Error says what the property takes instead: "is a whole number from 1 to 100, not \"x\"".
/// Where there is no such element, the text as it is. Needs gst_init.
Result<std::string> property_value(const char* factory, const char* property,
                                   const std::string& text);

/// Whether a value that property_value() returned is the property's default.
bool is_default(const char* factory, const char* property, const std::string& value);

}  // namespace gsttorch
