// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/output_file.h"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace gsttorch {
namespace {

ErrorCode write_error_code(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // the limit of the process or of the file system is reached
      return ErrorCode::DiskFull;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case EWOULDBLOCK:
      return ErrorCode::NotWritable;
    default:
      return ErrorCode::WriteFailed;
  }
}

}  // namespace

Error file_error(const char* what, const std::string& path, int error_number) {
  return {write_error_code(error_number),
          std::string(what) + " " + path + ": " + std::generic_category().message(error_number)};
}

Result<OutputFile> OutputFile::create(const std::string& path) { return append(path, 0); }

Result<OutputFile> OutputFile::append(const std::string& path, std::uint64_t kept_bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return file_error("cannot create", path, errno);
  OutputFile file(path, fd, kept_bytes);
  // Devices and pipes cannot be truncated and have no positions.
  const auto kept = static_cast<off_t>(kept_bytes);
  if (ftruncate(fd, kept) != 0 && errno != EINVAL)
    return file_error("cannot truncate", path, errno);
  if (kept > 0 && lseek(fd, kept, SEEK_SET) < 0) return file_error("cannot seek in", path, errno);
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      start_(other.start_),
      written_(other.written_) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(start_, other.start_);
  std::swap(written_, other.written_);
  return *this;
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> OutputFile::write(const void* data, std::size_t size) {
  const char* p = static_cast<const char*>(data);
  std::size_t left = size;
  while (left > 0) {
    const ssize_t n = ::write(fd_, p, left);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const Error error = file_error("cannot write", path_, errno);
      // Devices and pipes cannot be truncated; report the error of the write itself.
      if (left < size && ftruncate(fd_, static_cast<off_t>(start_ + written_)) != 0) errno = 0;
      return error;
    }
    p += n;
    left -= static_cast<std::size_t>(n);
  }
  written_ += size;
  return {};
}

Result<void> OutputFile::close() {
  if (fd_ >= 0 && ::close(std::exchange(fd_, -1)) != 0) {
    return file_error("cannot close", path_, errno);
  }
  return {};
}

Result<void> write_whole_file(const std::string& path,
                              const std::function<Result<void>(OutputFile&)>& write) {
  const std::string part = path + ".part";
  auto file = OutputFile::create(part);
  if (!file) return file.error();
  auto done = write(*file);
  if (done) done = file->close();
  if (done && std::rename(part.c_str(), path.c_str()) != 0) {
    done = file_error("cannot create", path, errno);
  }
  if (!done) std::remove(part.c_str());
  return done;
}

}  // namespace gsttorch
