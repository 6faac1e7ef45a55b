// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/sha256.h"

#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "lib/formats/output_file.h"

namespace gsttorch {

void Sha256::add(std::string_view bytes) {
  g_checksum_update(checksum_.get(), reinterpret_cast<const guchar*>(bytes.data()),
                    static_cast<gssize>(bytes.size()));
}

std::string Sha256::hex() { return g_checksum_get_string(checksum_.get()); }

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error("cannot read", path.string(), errno);
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  ssize_t got;
  while ((got = ::read(fd, buffer.data(), buffer.size())) != 0) {
    if (got > 0) hash.add({buffer.data(), static_cast<std::size_t>(got)});
    if (got < 0 && errno != EINTR) break;
  }
  const int number = errno;
  ::close(fd);
  if (got < 0) return file_error("cannot read", path.string(), number);
  return hash.hex();
}

}  // namespace gsttorch
