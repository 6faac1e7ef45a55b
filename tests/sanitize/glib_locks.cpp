// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Preloaded by tools/sanitize: reports to ThreadSanitizer the ordering between threads in the code
// of GLib and GStreamer, which is not instrumented. GMutex and GCond are futexes inside GLib, and
// reference counts are atomic operations inside the libraries. Without this, any data that passes
// from one thread to another through a pad, a queue or a bus looks like a race. GRecMutex and
// GRWLock are pthread locks, but calls from GLib are ignored (tsan.supp).
//
// Each function calls the library's function and reports the ordering before or after it.
#include <dlfcn.h>

#include <glib-object.h>
#include <gst/gst.h>

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}

namespace {

template <typename Function>
Function next(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define NEXT(function)                                     \
  ([] {                                                    \
    static const auto real = next(&(function), #function); \
    return real;                                           \
  }())

#define EXPORT extern "C" __attribute__((visibility("default")))

#undef g_object_ref
#undef g_mutex_lock
#undef g_mutex_unlock
#undef g_mutex_trylock

EXPORT void g_mutex_lock(GMutex* mutex) {
  NEXT(g_mutex_lock)(mutex);
  __tsan_acquire(mutex);
}

EXPORT gboolean g_mutex_trylock(GMutex* mutex) {
  const gboolean locked = NEXT(g_mutex_trylock)(mutex);
  if (locked) __tsan_acquire(mutex);
  return locked;
}

EXPORT void g_mutex_unlock(GMutex* mutex) {
  __tsan_release(mutex);
  NEXT(g_mutex_unlock)(mutex);
}

EXPORT void g_rec_mutex_lock(GRecMutex* mutex) {
  NEXT(g_rec_mutex_lock)(mutex);
  __tsan_acquire(mutex);
}

EXPORT gboolean g_rec_mutex_trylock(GRecMutex* mutex) {
  const gboolean locked = NEXT(g_rec_mutex_trylock)(mutex);
  if (locked) __tsan_acquire(mutex);
  return locked;
}

EXPORT void g_rec_mutex_unlock(GRecMutex* mutex) {
  __tsan_release(mutex);
  NEXT(g_rec_mutex_unlock)(mutex);
}

EXPORT void g_rw_lock_writer_lock(GRWLock* lock) {
  NEXT(g_rw_lock_writer_lock)(lock);
  __tsan_acquire(lock);
}

EXPORT void g_rw_lock_writer_unlock(GRWLock* lock) {
  __tsan_release(lock);
  NEXT(g_rw_lock_writer_unlock)(lock);
}

EXPORT void g_rw_lock_reader_lock(GRWLock* lock) {
  NEXT(g_rw_lock_reader_lock)(lock);
  __tsan_acquire(lock);
}

EXPORT void g_rw_lock_reader_unlock(GRWLock* lock) {
  __tsan_release(lock);
  NEXT(g_rw_lock_reader_unlock)(lock);
}

EXPORT void g_cond_wait(GCond* cond, GMutex* mutex) {
  __tsan_release(mutex);
  NEXT(g_cond_wait)(cond, mutex);
  __tsan_acquire(mutex);
}

EXPORT gboolean g_cond_wait_until(GCond* cond, GMutex* mutex, gint64 end_time) {
  __tsan_release(mutex);
  const gboolean signalled = NEXT(g_cond_wait_until)(cond, mutex, end_time);
  __tsan_acquire(mutex);
  return signalled;
}

EXPORT void g_async_queue_push(GAsyncQueue* queue, gpointer data) {
  __tsan_release(queue);
  NEXT(g_async_queue_push)(queue, data);
}

EXPORT gpointer g_async_queue_pop(GAsyncQueue* queue) {
  gpointer data = NEXT(g_async_queue_pop)(queue);
  __tsan_acquire(queue);
  return data;
}

EXPORT gpointer g_async_queue_try_pop(GAsyncQueue* queue) {
  gpointer data = NEXT(g_async_queue_try_pop)(queue);
  __tsan_acquire(queue);
  return data;
}

EXPORT gpointer g_async_queue_timeout_pop(GAsyncQueue* queue, guint64 timeout) {
  gpointer data = NEXT(g_async_queue_timeout_pop)(queue, timeout);
  __tsan_acquire(queue);
  return data;
}

// A decrement orders all users' accesses before the last user's action, the release of the object.
EXPORT void gst_mini_object_unref(GstMiniObject* object) {
  __tsan_release(object);
  __tsan_acquire(object);
  NEXT(gst_mini_object_unref)(object);
}

EXPORT void g_object_unref(gpointer object) {
  __tsan_release(object);
  __tsan_acquire(object);
  NEXT(g_object_unref)(object);
}

// Pools pass buffers on through atomic lists.
EXPORT GstFlowReturn gst_buffer_pool_acquire_buffer(GstBufferPool* pool, GstBuffer** buffer,
                                                    GstBufferPoolAcquireParams* params) {
  const GstFlowReturn flow = NEXT(gst_buffer_pool_acquire_buffer)(pool, buffer, params);
  if (flow == GST_FLOW_OK) __tsan_acquire(*buffer);
  return flow;
}
