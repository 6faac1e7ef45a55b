#include "lib/core/manifest.h"
#include <filesystem>
#include <cstdlib>
namespace gsttorch {
Result<std::string> resolve_weights(const std::string& n) {
  if (std::filesystem::exists(n)) return n;
  if (n != "raft-small" && n != "raft-large") return Error{ErrorCode::NotFound, "there is no model \"" + n + "\" (known: raft-small, raft-large)"};
  const char* d = std::getenv("GST_TORCH_MODELS_DIR");
  std::string f = std::string(d ? d : "/nonexistent") + "/" + n + ".pth";
  if (std::filesystem::exists(f)) return f;
  return Error{ErrorCode::NotFound, "the weights of " + n + " are not there: gst-torch models fetch " + n};
}
}
