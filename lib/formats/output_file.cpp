// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/output_file.h"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "lib/formats/output_target.h"

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

int open_target(const OutputTarget& target) {
  if (target.descriptor) return fcntl(*target.descriptor, F_DUPFD_CLOEXEC, 3);
  return open(target.path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
}

Result<void> write_and_close(OutputFile& file,
                             const std::function<Result<void>(OutputFile&)>& write) {
  if (auto written = write(file); !written) return written;
  return file.close();
}

Result<void> replace_file(const std::string& path,
                          const std::function<Result<void>(OutputFile&)>& write) {
  const std::string part = path + ".part";
  auto file = OutputFile::create(part);
  if (!file) return file.error();
  auto done = write_and_close(*file, write);
  if (done && std::rename(part.c_str(), path.c_str()) != 0) {
    done = file_error("cannot create", path, errno);
  }
  if (!done) std::remove(part.c_str());
  return done;
}

}  // namespace

Error file_error(const char* what, const std::string& path, int error_number) {
  return {write_error_code(error_number),
          std::string(what) + " " + path + ": " + std::generic_category().message(error_number)};
}

Result<OutputFile> OutputFile::create(const std::string& path) { return append(path, 0); }

Result<OutputFile> OutputFile::append(const std::string& path, std::uint64_t kept_bytes) {
  const auto target = find_output_target(path);
  if (!target) return target.error();
  const int fd = open_target(*target);
  if (fd < 0) return file_error("cannot create", path, errno);
  OutputFile file(path, fd);
  if (!target->is_regular) return file;
  file.is_regular_ = true;
  file.start_ = kept_bytes;
  const auto kept = static_cast<off_t>(kept_bytes);
  if (ftruncate(fd, kept) != 0) return file_error("cannot truncate", path, errno);
  if (kept > 0 && lseek(fd, kept, SEEK_SET) < 0) return file_error("cannot seek in", path, errno);
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      is_regular_(other.is_regular_),
      start_(other.start_),
      written_(other.written_) {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(is_regular_, other.is_regular_);
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
      // If this fails, too, report the error of the write itself.
      if (is_regular_ && left < size && ftruncate(fd_, static_cast<off_t>(start_ + written_)) != 0)
        errno = 0;
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
  const auto target = find_output_target(path);
  if (!target) return target.error();
  if (target->is_regular) return replace_file(target->path, write);
  auto file = OutputFile::create(path);
  return file ? write_and_close(*file, write) : file.error();
}

Result<void> write_whole_file(const std::string& path, std::string_view contents) {
  return write_whole_file(
      path, [contents](OutputFile& file) { return file.write(contents.data(), contents.size()); });
}

}  // namespace gsttorch
