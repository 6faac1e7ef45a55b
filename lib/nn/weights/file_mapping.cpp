// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/file_mapping.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gsttorch {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Error system_error(const std::string& path) {
  const int number = errno;
  return {ErrorCode::NotFound, path + ": " + std::generic_category().message(number)};
}

}  // namespace

Result<std::shared_ptr<const FileMapping>> FileMapping::open(const std::string& path) {
  // Not blocking: a named pipe would otherwise wait here for someone to write into it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_error(path);
  struct stat info = {};
  if (::fstat(file.get(), &info) != 0) return system_error(path);
  if (S_ISDIR(info.st_mode)) return Error{ErrorCode::Corrupt, path + " is a directory, not a file"};
  if (!S_ISREG(info.st_mode)) return Error{ErrorCode::Corrupt, path + " is not a regular file"};
  if (info.st_size == 0) return Error{ErrorCode::Corrupt, path + ": the file is empty"};

  const auto size = static_cast<std::size_t>(info.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return system_error(path);
  return std::make_shared<const FileMapping>(static_cast<const char*>(data), size);
}

FileMapping::~FileMapping() { ::munmap(const_cast<char*>(data_), size_); }

}  // namespace gsttorch
