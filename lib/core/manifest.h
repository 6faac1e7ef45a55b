#pragma once
#include <string>
#include "lib/core/result.h"
namespace gsttorch {
Result<std::string> resolve_weights(const std::string& name_or_path);
}
