// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/boundary.h"

namespace gsttorch {

const char* to_string(TransitionKind kind) {
  switch (kind) {
    case TransitionKind::Cut:
      return "cut";
    case TransitionKind::Dissolve:
      return "dissolve";
    case TransitionKind::Fade:
      return "fade";
  }
  return "";
}

std::optional<TransitionKind> parse_transition_kind(std::string_view name) {
  for (const auto kind : {TransitionKind::Cut, TransitionKind::Dissolve, TransitionKind::Fade}) {
    if (name == to_string(kind)) return kind;
  }
  return std::nullopt;
}

}  // namespace gsttorch
