// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/models/fetch.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include <curl/curl.h>

#include "config.h"

namespace gsttorch {
namespace {

constexpr long kConnectTimeoutSeconds = 20;
constexpr long kMaxRedirects = 8;
constexpr long kLowestBytesPerSecond = 100;  // a trickle is a stall, too
constexpr auto kFirstPause = std::chrono::milliseconds(500);

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlFree>;

using Clock = std::chrono::steady_clock;

/// One attempt, as its callbacks see it.
struct Transfer {
  AtomicFile& file;
  const FetchOptions& options;
  std::optional<Error> write_error;
  Clock::time_point last_news = Clock::now();
  bool stalled = false;
};

std::size_t on_data(char* data, std::size_t, std::size_t size, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  transfer->last_news = Clock::now();
  const auto written = transfer->file.write({data, size});
  if (written) return size;
  transfer->write_error = written.error();
  return 0;
}

/// Called about once a second even when nothing comes, which libcurl's own limit of speed, a mean
/// over several seconds, would notice late.
int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* transfer = static_cast<Transfer*>(user);
  if (transfer->options.progress) transfer->options.progress(transfer->file.size());
  const std::chrono::seconds patience(transfer->options.stall_timeout_s);
  transfer->stalled = Clock::now() - transfer->last_news > patience;
  return transfer->stalled ? 1 : 0;
}

CurlHandle make_handle(const std::string& url, Transfer& transfer, char* message) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CurlHandle handle(initialised == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) return nullptr;
  CURL* curl = handle.get();
  const bool secure = std::string_view(url).substr(0, 8) == "https://";
  const long stall = transfer.options.stall_timeout_s;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, PACKAGE "/" VERSION);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, std::min(kConnectTimeoutSeconds, stall));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kLowestBytesPerSecond);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  return handle;
}

bool may_pass(CURLcode code, long status) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return true;
    case CURLE_HTTP_RETURNED_ERROR:
      return status >= 500 || status == 408 || status == 429;
    default:
      return false;
  }
}

struct Outcome {
  Result<void> result;
  bool worth_another_try = false;
};

Error stall_error(const FetchOptions& options) {
  return {ErrorCode::Failed,
          "no data arrived for " + std::to_string(options.stall_timeout_s) + " s"};
}

Outcome attempt(const std::string& url, const FetchOptions& options, AtomicFile& file) {
  if (auto ready = file.restart(); !ready) return {ready};
  Transfer transfer{file, options, {}};
  char message[CURL_ERROR_SIZE] = "";
  const CurlHandle handle = make_handle(url, transfer, message);
  if (!handle) return {Error{ErrorCode::Failed, "cannot initialize libcurl"}};
  const CURLcode code = curl_easy_perform(handle.get());
  if (code == CURLE_OK) return {{}};
  if (transfer.write_error) return {*transfer.write_error};
  if (transfer.stalled) return {stall_error(options), true};
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  const char* reason = *message ? message : curl_easy_strerror(code);
  return {Error{ErrorCode::Failed, reason}, may_pass(code, status)};
}

}  // namespace

Result<void> fetch_url(const std::string& url, const FetchOptions& options, AtomicFile& file) {
  auto pause = kFirstPause;
  for (int tries = 1;; tries++) {
    const Outcome outcome = attempt(url, options, file);
    if (outcome.result || !outcome.worth_another_try) return outcome.result;
    if (tries >= options.attempts) {
      return Error{outcome.result.error().code,
                   outcome.result.error().message + " (tried " + std::to_string(tries) + " times)"};
    }
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

}  // namespace gsttorch
