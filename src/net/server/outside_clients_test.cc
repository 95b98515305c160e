// The server and other people's clients: curl, nghttp and h2load as Debian brings them, and the
// openssl command; and our client against our server under TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "net/client.h"
#include "net/testing/test_server.h"

namespace bedplate::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TestServer;

struct Ran {
  std::string output;
  int status = -1;
};

Ran RunCommand(const std::string& command) {
  Ran ran;
  auto* pipe = popen((command + " 2>&1").c_str(), "r");
  char bytes[4096];
  for (size_t size; (size = fread(bytes, 1, sizeof(bytes), pipe)) > 0;)
    ran.output.append(bytes, size);
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

// Without the date, which moves.
std::string WithoutDate(std::string text) {
  const auto at = text.find("date: ");
  if (at != std::string::npos) text.erase(at, text.find('\n', at) + 1 - at);
  return text;
}

TEST(Curl, SpeaksHttp11) {
  TestServer server;
  EXPECT_EQ(WithoutDate(RunCommand("curl -sSi --http1.1 " + server.Url("/hello")).output),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nHello");
  EXPECT_EQ(RunCommand("curl -sS -d 'some body' " + server.Url("/echo")).output, "some body");
  EXPECT_EQ(RunCommand("printf chunky | curl -sS -T- -X POST " + server.Url("/echo")).output,
            "chunky");
  EXPECT_EQ(RunCommand("curl -sS -N " + server.Url("/stream?3")).output,
            "chunk-0;chunk-1;chunk-2;");
  EXPECT_THAT(RunCommand("curl -sSI " + server.Url("/hello")).output, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(
      RunCommand("curl -sS -H 'Expect: 100-continue' -d waited " + server.Url("/echo")).output,
      "waited");
  const auto cut = RunCommand("curl -sS " + server.Url("/cut"));
  EXPECT_EQ(cut.status, 18) << "a partial file: " << cut.output;
  // Two requests, one connection.
  const auto twice = RunCommand("curl -sv " + server.Url("/hello") + " " + server.Url("/hello"));
  EXPECT_THAT(twice.output, HasSubstr("Re-using existing connection"));
}

// By TryWrite while the client keeps up, else by Write: nothing is lost or sent twice.
// Makes the file when the server has written, and then nothing more for a second.
void SignalStandstill(const TestServer& server, const std::filesystem::path& file) {
  for (int seen = 0; seen == 0 || seen != server.handler.tried;) {
    seen = server.handler.tried;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  std::ofstream made(file);
}

TEST(Curl, GetsWhatWasWrittenWithAndWithoutWaiting) {
  for (const char* flag : {"--http1.1", "--http2-prior-knowledge"}) {
    TestServer server;
    TemporaryFolder folder;
    // However slow the server, the reader begins when there is no more room for what it writes.
    const std::filesystem::path full = folder.path() / "full";
    const std::jthread watcher([&] { SignalStandstill(server, full); });
    const std::string reader = " | (until [ -e " + full.string() + " ]; do sleep 0.1; done; wc -c)";
    const std::string curl = std::string("curl -sS ") + flag + " ";
    EXPECT_EQ(RunCommand(curl + server.Url("/try?500000") + reader).output, "32000000\n");
    EXPECT_EQ(server.handler.tried + server.handler.waited, 500'000) << flag;
    EXPECT_GT(server.handler.tried, 0) << flag;
    EXPECT_GT(server.handler.waited, 0) << flag;
  }
}

TEST(Curl, SpeaksHttp2ByPriorKnowledgeAndByUpgrade) {
  TestServer server;
  for (const char* flag : {"--http2-prior-knowledge", "--http2"}) {
    const std::string curl = std::string("curl -sS ") + flag + " ";
    const auto hello = RunCommand(curl + "-w ' %{http_version}' " + server.Url("/hello"));
    EXPECT_EQ(hello.output, "Hello 2") << flag;
    EXPECT_EQ(RunCommand(curl + server.Url("/stream?3")).output, "chunk-0;chunk-1;chunk-2;");
    EXPECT_EQ(RunCommand(curl + "-d 'a body' " + server.Url("/echo")).output, "a body");
  }
  // Debian's curl cannot take more than 32 KiB, nor a reset, right behind its upgrade.
  const std::string known = "curl -sS --http2-prior-knowledge ";
  EXPECT_EQ(RunCommand(known + server.Url("/fill?3") + " | wc -c").output, "3145728\n");
  const auto cut = RunCommand(known + server.Url("/cut"));
  EXPECT_EQ(cut.status, 92) << "a stream error: " << cut.output;
  const auto head = RunCommand("curl -sSI --http2 " + server.Url("/hello"));
  EXPECT_THAT(head.output, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(head.output, HasSubstr("HTTP/2 200"));
}

TEST(Curl, SpeaksHttp11WhereHttp2IsTurnedOff) {
  ServerOptions options;
  options.http2 = false;
  TestServer server(options);
  const auto hello = RunCommand("curl -sS --http2 -w ' %{http_version}' " + server.Url("/hello"));
  EXPECT_EQ(hello.output, "Hello 1.1");
}

TEST(Nghttp, SpeaksHttp2) {
  TestServer server;
  EXPECT_EQ(RunCommand("nghttp " + server.Url("/hello")).output, "Hello");
  EXPECT_EQ(RunCommand("nghttp -u " + server.Url("/hello")).output, "Hello");
  // Padding, trailers and a body from a file, over a window of a few bytes.
  const auto file = ::testing::TempDir() + "net-nghttp-body";
  std::ofstream(file) << std::string(300'000, 'n');
  EXPECT_EQ(RunCommand("nghttp -b 100 --trailer=x-checksum:1 -w 15 -W 15 -d " + file + " " +
                       server.Url("/length"))
                .output,
            "300000");
  const auto verbose = RunCommand("nghttp -nv " + server.Url("/hello"));
  EXPECT_THAT(verbose.output, HasSubstr(":status: 200"));
  EXPECT_THAT(verbose.output, HasSubstr("content-length: 5"));
}

TEST(H2load, GetsEveryAnswer) {
  TestServer server;
  for (const char* how :
       {"-n 3000 -c 10 -m 20", "-n 3000 -c 10 -m 1 --h1", "-n 30 -c 3 -m 10 -w 12 -W 14"}) {
    const bool large = std::string_view(how).ends_with("14");
    const auto ran =
        RunCommand("h2load " + std::string(how) + " " + server.Url(large ? "/fill?1" : "/hello"));
    const auto count = large ? "30" : "3000";
    EXPECT_THAT(ran.output,
                HasSubstr(std::string(count) + " succeeded, 0 failed, 0 errored, 0 timeout"))
        << how;
  }
}

// --- TLS ---

class Tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = ::testing::TempDir() + "net-tls-" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
    const auto made = RunCommand(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=bedplate-test -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
        " -keyout " +
        Key() + " -out " + Certificate());
    ASSERT_EQ(made.status, 0) << made.output;
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static std::string Key() { return folder_ + "/key.pem"; }
  static std::string Certificate() { return folder_ + "/certificate.pem"; }
  static ServerOptions Options() {
    ServerOptions options;
    options.tls = TlsOptions{.certificate_file = Certificate(), .key_file = Key()};
    return options;
  }
  static std::string Curl() { return "curl -sS --cacert " + Certificate() + " "; }

  static inline std::string folder_;
};

TEST_F(Tls, CurlAgreesOnHttp2OrHttp11) {
  TestServer server(Options());
  const auto url = server.Url("/hello", "https");
  const std::string write = "-w ' %{http_version} %{ssl_verify_result}' ";
  EXPECT_EQ(RunCommand(Curl() + write + url).output, "Hello 2 0");
  EXPECT_EQ(RunCommand(Curl() + write + "--http1.1 " + url).output, "Hello 1.1 0");
  EXPECT_EQ(RunCommand(Curl() + write + "--no-alpn " + url).output, "Hello 1.1 0");
  EXPECT_EQ(RunCommand(Curl() + write + "--tls-max 1.2 " + url).output, "Hello 2 0");
  const auto fill = server.Url("/fill?5", "https");
  EXPECT_EQ(RunCommand(Curl() + fill + " | wc -c").output, "5242880\n");
  EXPECT_EQ(RunCommand(Curl() + "--http1.1 " + fill + " | wc -c").output, "5242880\n");
  const auto body = folder_ + "/body";
  std::ofstream(body) << std::string(3'000'000, 'b');
  for (const char* version : {"--http1.1 ", "--http2 "}) {
    EXPECT_EQ(
        RunCommand(Curl() + version + "-T " + body + " " + server.Url("/length", "https")).output,
        "3000000");
  }
}

TEST_F(Tls, CurlAsksManyThingsAtOnce) {
  TestServer server(Options());
  const auto parallel = RunCommand(Curl() + "--parallel --parallel-max 20 '" +
                                   server.Url("/stream?[1-20]", "https") + "'");
  EXPECT_EQ(std::count(parallel.output.begin(), parallel.output.end(), ';'), 210)
      << parallel.output;
}

TEST_F(Tls, OldVersionsAndPlainTextAreRefused) {
  TestServer server(Options());
  const auto old =
      RunCommand("openssl s_client -tls1_1 -connect 127.0.0.1:" + std::to_string(server.port) +
                 " < /dev/null");
  EXPECT_NE(old.status, 0);
  EXPECT_NE(RunCommand("curl -sS -m 5 " + server.Url("/hello")).status, 0);
  EXPECT_EQ(server.handler.requests, 0);
  EXPECT_TRUE(testing::Eventually([&] { return server.server->Counts().connections == 0; }));
}

TEST_F(Tls, UnusableFilesAreNamed) {
  testing::TestHandler handler;
  Reactors reactors({.threads = 1});
  auto options = Options();
  options.tls->key_file = "/nonexistent/key.pem";
  const auto no_key = Server(reactors, handler, options).ListenTcp("127.0.0.1", 0);
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().fault, Fault::kValidation);
  EXPECT_THAT(no_key.error().message, HasSubstr("/nonexistent/key.pem cannot be used"));
  options = Options();
  options.tls->certificate_file = Key();
  const auto no_certificate = Server(reactors, handler, options).ListenTcp("127.0.0.1", 0);
  ASSERT_FALSE(no_certificate);
  EXPECT_THAT(no_certificate.error().message, HasSubstr("certificate file"));
}

TEST_F(Tls, OurClientVerifiesWhomItTalksTo) {
  TestServer server(Options());
  const auto ask = [&](const std::string& host, HttpClientOptions options,
                       std::string target) -> Result<std::string> {
    auto client = MakeHttpClient(
        server.reactors, *Endpoint::Parse("https://" + host + ":" + std::to_string(server.port)),
        std::move(options));
    if (!client) return std::unexpected(client.error());
    const auto task = [&]() -> Task<Result<std::string>> {
      auto response = co_await (*client)->Send({.method = "POST", .target = target, .body = "x"});
      if (!response) co_return std::unexpected(response.error());
      co_return co_await ReadAll(*response->body, 64 << 20);
    };
    return server.reactors.Run(0, task());
  };
  HttpClientOptions trusting;
  trusting.tls_ca_file = Certificate();
  EXPECT_EQ(ask("127.0.0.1", trusting, "/hello"), "Hello");
  EXPECT_EQ(ask("localhost", trusting, "/echo"), "x");
  EXPECT_EQ(ask("localhost", trusting, "/fill?4")->size(), 4u << 20);
  const auto unknown = ask("127.0.0.1", {}, "/hello");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().fault, Fault::kUnavailable);
  EXPECT_THAT(unknown.error().message, HasSubstr("self-signed certificate"));
  HttpClientOptions careless;
  careless.tls_verify = false;
  EXPECT_EQ(ask("127.0.0.1", careless, "/hello"), "Hello");
  HttpClientOptions missing;
  missing.tls_ca_file = "/nonexistent/ca.pem";
  EXPECT_EQ(ask("127.0.0.1", missing, "/hello").error().fault, Fault::kValidation);
}

TEST_F(Tls, AClientThatLeavesCancelsItsHandler) {
  TestServer server(Options());
  const auto left = RunCommand(Curl() + "-m 0.5 " + server.Url("/hang", "https"));
  EXPECT_EQ(left.status, 28);
  EXPECT_TRUE(testing::Eventually([&] { return server.handler.cancelled == 1; }));
  EXPECT_TRUE(testing::Eventually([&] { return server.server->Counts().connections == 0; }));
}

}  // namespace
}  // namespace bedplate::net
