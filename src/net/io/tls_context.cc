#include "net/io/tls_context.h"

#include <openssl/err.h>

#include <string_view>

namespace bedplate::net {

namespace {

std::string LastTlsError() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "error " + std::to_string(code);
}

// The length-prefixed list of the ALPN wire format.
constexpr std::string_view kOfferHttp2 = "\x02h2\x08http/1.1";
constexpr std::string_view kOfferHttp1 = "\x08http/1.1";

int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned offered_size, void* ours) {
  const auto& offer = *static_cast<const std::string_view*>(ours);
  // The server's order decides; a client that offers neither goes on without (HTTP/1.1).
  const int result =
      SSL_select_next_proto(const_cast<unsigned char**>(chosen), chosen_size,
                            reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned>(offer.size()), offered, offered_size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Result<TlsContext> MakeContext(const SSL_METHOD* method) {
  TlsContext context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return Fail(Fault::kInternal, "TLS cannot be set up: " + LastTlsError());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one system call a record instead of two
  return context;
}

}  // namespace

Result<TlsContext> MakeServerTlsContext(const TlsOptions& options, bool http2) {
  auto made = MakeContext(TLS_server_method());
  if (!made) return made;
  auto* context = made->get();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return Fail(Fault::kValidation, "The TLS certificate file " + options.certificate_file +
                                        " cannot be used: " + LastTlsError());
  }
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Fail(Fault::kValidation,
                "The TLS key file " + options.key_file + " cannot be used: " + LastTlsError());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return Fail(Fault::kValidation, "The TLS key file " + options.key_file +
                                        " does not fit the certificate " +
                                        options.certificate_file);
  }
  // HTTP/2 forbids the ciphers without forward secrecy that TLS 1.2 still knows (RFC 9113 9.2.2).
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  const auto* offer = http2 ? &kOfferHttp2 : &kOfferHttp1;
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, const_cast<std::string_view*>(offer));
  return made;
}

Result<TlsContext> MakeClientTlsContext(const std::string& ca_file, bool verify) {
  auto made = MakeContext(TLS_client_method());
  if (!made) return made;
  auto* context = made->get();
  ERR_clear_error();
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    return Fail(Fault::kValidation,
                "The TLS authority file " + ca_file + " cannot be used: " + LastTlsError());
  }
  SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return made;
}

}  // namespace bedplate::net
