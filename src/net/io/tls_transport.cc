#include "net/io/tls_transport.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "net/reactors.h"

namespace bedplate::net {

namespace {

constexpr size_t kRecordBytesMax = 16 * 1024;

// A BIO on our socket. OpenSSL's own writes without MSG_NOSIGNAL, and a client that leaves would
// kill the process.
int SocketOf(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

int WriteToSocket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto taken = ::send(SocketOf(bio), bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (taken < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(taken);
}

int ReadFromSocket(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(SocketOf(bio), bytes, static_cast<size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long ControlSocket(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return 0;
}

BIO* MakeSocketBio(int fd) {
  static BIO_METHOD* const method = [] {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bedplate socket");
    BIO_meth_set_write(made, WriteToSocket);
    BIO_meth_set_read(made, ReadFromSocket);
    BIO_meth_set_ctrl(made, ControlSocket);
    return made;
  }();
  auto* bio = BIO_new(method);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

TlsTransport::TlsTransport(boost::asio::io_context& context, int fd, const TlsContext& tls,
                           Role role, const std::string& host)
    : socket_(context), ssl_(SSL_new(tls.get()), SSL_free) {
  boost::system::error_code error;
  socket_.assign({AF_INET, 0}, fd, error);
  if (error) ::close(fd);
  socket_.native_non_blocking(true, error);
  auto* bio = MakeSocketBio(fd);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (role == Role::kServer) {
    SSL_set_accept_state(ssl_.get());
    return;
  }
  SSL_set_connect_state(ssl_.get());
  auto* parameters = SSL_get0_param(ssl_.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {  // not an address: a name
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
  }
}

TlsTransport::~TlsTransport() { TlsTransport::Close(false); }

void TlsTransport::StartRead(std::span<char> buffer, Events events) {
  read_into_ = buffer;
  if (SSL_has_pending(ssl_.get()) != 1) {
    return WaitToRead(StreamSocket::wait_read, std::move(events));
  }
  boost::asio::post(socket_.get_executor(), [this, events = std::move(events)]() mutable {
    if (!closed_) ContinueRead(std::move(events));
  });
}

// `events` owns this transport, so that it lives as long as the wait.
void TlsTransport::WaitToRead(StreamSocket::wait_type what, Events events) {
  socket_.async_wait(what,
                     [this, events = std::move(events)](boost::system::error_code error) mutable {
                       if (!error && !closed_) ContinueRead(std::move(events));
                     });
}

void TlsTransport::ContinueRead(Events events) {
  size_t total = 0;
  bool failed = false;
  bool ended = false;
  while (total < read_into_.size()) {
    ERR_clear_error();
    size_t got = 0;
    const int result =
        SSL_read_ex(ssl_.get(), read_into_.data() + total, read_into_.size() - total, &got);
    if (result == 1) {
      total += got;
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
      if (total == 0) {
        WaitToRead(why == SSL_ERROR_WANT_READ ? StreamSocket::wait_read : StreamSocket::wait_write,
                   events);
      }
      break;
    }
    ended = true;
    failed = why != SSL_ERROR_ZERO_RETURN;
    if (failed) NoteFailure();
    break;
  }
  if (write_waits_for_read_) {  // the handshake may have gone on
    write_wants_read_ = write_waits_for_read_ = false;
    boost::asio::post(socket_.get_executor(), [this, events] {
      if (!closed_) events->OnWritable();
    });
  }
  if (total == 0 && !ended) return;
  // An end behind bytes is found again by the next read.
  events->OnRead(total, total == 0 && failed);
}

void TlsTransport::NoteFailure() {
  if (!failure_.empty()) return;
  if (const long verified = SSL_get_verify_result(ssl_.get()); verified != X509_V_OK) {
    failure_ = X509_verify_cert_error_string(verified);
  } else if (const auto code = ERR_peek_error(); code != 0) {
    const char* reason = ERR_reason_error_string(code);
    failure_ = reason ? reason : "TLS error " + std::to_string(code);
  }
  ERR_clear_error();
}

std::optional<size_t> TlsTransport::TryWrite(std::span<const iovec> pieces) {
  // Records are made of whole gathered pieces: one small record instead of one for each piece.
  static thread_local std::array<char, kRecordBytesMax> record;
  size_t taken = 0;
  size_t piece = 0;
  size_t offset = 0;
  for (;;) {
    size_t size = 0;
    for (size_t p = piece, o = offset; p < pieces.size() && size < record.size(); ++p, o = 0) {
      const auto part = std::min(pieces[p].iov_len - o, record.size() - size);
      std::memcpy(record.data() + size, static_cast<const char*>(pieces[p].iov_base) + o, part);
      size += part;
    }
    if (size == 0) return taken;
    ERR_clear_error();
    size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), size, &written);
    if (result != 1) {
      const int why = SSL_get_error(ssl_.get(), result);
      write_wants_read_ = why == SSL_ERROR_WANT_READ;
      if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return taken;
      NoteFailure();
      return std::nullopt;
    }
    taken += written;
    for (offset += written; piece < pieces.size() && offset >= pieces[piece].iov_len; ++piece) {
      offset -= pieces[piece].iov_len;
    }
  }
}

void TlsTransport::WaitWritable(std::shared_ptr<TransportEvents> events) {
  if (write_wants_read_) {
    write_waits_for_read_ = true;  // ContinueRead goes on with it
    return;
  }
  socket_.async_wait(StreamSocket::wait_write,
                     [events = std::move(events)](boost::system::error_code error) {
                       if (!error) events->OnWritable();
                     });
}

void TlsTransport::ShutdownSend() {
  if (closed_) return;
  if (failure_.empty() && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

bool TlsTransport::PeerHasShut() const {
  if (closed_) return true;
  pollfd probe{
      .fd = const_cast<StreamSocket&>(socket_).native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&probe, 1, 0) > 0 && (probe.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void TlsTransport::Close(bool reset) {
  if (closed_) return;
  if (!reset && failure_.empty() && SSL_is_init_finished(ssl_.get()) &&
      SSL_get_shutdown(ssl_.get()) == 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // best effort: a full socket drops it
  }
  closed_ = true;
  boost::system::error_code ignored;
  if (reset) socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

std::string TlsTransport::AgreedProtocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace bedplate::net
