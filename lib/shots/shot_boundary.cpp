// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/shot_boundary.h"

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

}  // namespace gsttorch
