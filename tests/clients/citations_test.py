"""Citations: of models that only quote, whose answers are compared with their documents, of a server
of Anthropic's that cites by itself, and of the embedded model; through boto3 and Anthropic's
library."""

from __future__ import annotations

import base64

import anthropic
import pytest

from anthropic_upstream import KEY, AnthropicUpstream
from asking import assert_validation, converse, failure_of
from bedplate_server import CHAT, BedplateServer
from converse_content import assembled
from office_files import docx, pdf_of_pages
from openai_upstream import OpenAiUpstream

QUOTER = "test.quoter-v1"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
VARIABLE = "BEDPLATE_TEST_CITATIONS_KEY"
BRIDGE = "The bridge over the Öresund was opened for traffic on 1 July 2000."
TUNNEL = "Its tunnel lies below the sea so that ships can pass above it."
REPORT = f"Notes – first draft.\n\n{BRIDGE} It is long.\n{TUNNEL}\n"


@pytest.fixture(scope="module")
def quoter(server):
    """A model that says what a test lets it say; `said` is that."""
    upstream = OpenAiUpstream(lambda request: {"content": upstream.said})
    upstream.said = f"As written:  {BRIDGE}\n\n{TUNNEL} That is all."
    server.run("models", "add", QUOTER, "--url", upstream.url, "--family", "anthropic-messages")
    yield upstream
    server.run("models", "remove", QUOTER)
    upstream.close()


def document(source: dict, kind: str | None = "txt", enabled: bool = True) -> dict:
    block = {"name": "report", "source": source, "citations": {"enabled": enabled}}
    return {"document": block | ({"format": kind} if kind else {})}


def asking(*blocks: dict) -> list[dict]:
    return [{"role": "user", "content": [{"text": "What is said of it?"}, *blocks]}]


def both(runtime, messages: list[dict], **members) -> list[dict]:
    """The content of the answer, which is the same whole and streamed."""
    members = {"modelId": QUOTER, "messages": messages, **members}
    whole = converse(runtime, **members)["output"]["message"]["content"]
    streamed, _ = assembled(list(runtime.converse_stream(
        **{"inferenceConfig": {"maxTokens": 16}, **members})["stream"]))
    assert streamed == whole
    return whole


def citations_of(content: list[dict]) -> list[dict]:
    return [citation for block in content
            for citation in block.get("citationsContent", {}).get("citations", [])]


def text_of(content: list[dict]) -> str:
    return "".join(block["text"] if "text" in block else block["citationsContent"]["content"][0]["text"]
                   for block in content)


def assert_in_place(citation: dict, text: str) -> None:
    place = citation["location"]["documentChar"]
    assert citation["sourceContent"] == [{"text": text[place["start"]:place["end"]]}]


def test_quotes_are_cited_where_they_stand(runtime, quoter):
    content = both(runtime, asking(document({"bytes": REPORT.encode()})))
    assert text_of(content) == quoter.said
    assert [*map(next, map(iter, content))] == ["text", "citationsContent", "citationsContent", "text"]
    first, second = citations_of(content)
    assert_in_place(first, REPORT)
    assert_in_place(second, REPORT)
    assert first["sourceContent"] == [{"text": BRIDGE}] and second["sourceContent"] == [{"text": TUNNEL}]
    assert first["title"] == "report" and "source" not in first
    assert first["location"]["documentChar"]["documentIndex"] == 0


def test_without_citations_all_is_as_it_was(runtime, quoter):
    content = both(runtime, asking(document({"bytes": REPORT.encode()}, enabled=False)))
    assert content == [{"text": quoter.said}]
    plain = quoter.requests[-1]["messages"]
    both(runtime, asking(document({"bytes": REPORT.encode()})))
    assert quoter.requests[-1]["messages"] == plain


def test_an_answer_goes_back_as_it_came(runtime, quoter):
    messages = asking(document({"text": REPORT}, kind=None))
    content = both(runtime, messages)
    assert len(citations_of(content)) == 2
    again = [*messages, {"role": "assistant", "content": content},
             {"role": "user", "content": [{"text": "Really?"}]}]
    both(runtime, again)
    assert quoter.requests[-1]["messages"][1] == {"role": "assistant", "content": quoter.said}


def test_pages_of_a_pdf(runtime, quoter):
    file = pdf_of_pages(["Notes."], ["The bridge over the sea was opened", "in July of 2000, they say."],
                        ["The end."])
    quoter.said, before = "The bridge over the sea was opened in July of 2000.", quoter.said
    try:
        citation, = citations_of(both(runtime, asking(document({"bytes": file}, "pdf"))))
        shown = quoter.requests[-1]["messages"]
        both(runtime, asking(document({"bytes": file}, "pdf", enabled=False)))
        assert quoter.requests[-1]["messages"] == shown
    finally:
        quoter.said = before
    assert citation["location"] == {"documentPage": {"documentIndex": 0, "start": 2, "end": 3}}
    assert citation["sourceContent"] == [{"text": "The bridge over the sea was opened\nin July of 2000"}]


def test_a_word_document(runtime, quoter):
    citations = citations_of(both(runtime, asking(document({"bytes": docx("Notes", BRIDGE)}, "docx"))))
    assert [each["sourceContent"] for each in citations] == [[{"text": BRIDGE}]]
    assert "documentChar" in citations[0]["location"]


def test_chunks_are_counted(runtime, quoter):
    parts = [{"text": text} for text in ("Notes.", BRIDGE, TUNNEL)]
    other = document({"text": "Nothing of it."}, kind=None)
    other["document"]["name"] = "other"
    first, second = citations_of(both(runtime, asking(other, document({"content": parts}, kind=None))))
    assert first["location"] == {"documentChunk": {"documentIndex": 1, "start": 1, "end": 2}}
    assert second["location"] == {"documentChunk": {"documentIndex": 1, "start": 2, "end": 3}}


def search_result(number: int, *texts: str, enabled: bool = True) -> dict:
    return {"searchResult": {"source": f"https://example.com/{number}", "title": f"Result {number}",
                             "content": [{"text": text} for text in texts],
                             "citations": {"enabled": enabled}}}


def test_search_results_in_messages_and_tools(runtime, quoter):
    tools = {"tools": [{"toolSpec": {"name": "find", "inputSchema": {"json": {"type": "object"}}}}]}
    messages = [
        *asking(search_result(0, "Nothing of it.")),
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "find", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [
            search_result(1, "Neither this.", TUNNEL), search_result(2, BRIDGE)]}}]}]
    first, second = citations_of(both(runtime, messages, toolConfig=tools))
    assert (first["title"], first["source"]) == ("Result 2", "https://example.com/2")
    assert first["location"] == {
        "searchResultLocation": {"searchResultIndex": 2, "start": 0, "end": 1}}
    assert second["location"] == {
        "searchResultLocation": {"searchResultIndex": 1, "start": 1, "end": 2}}
    shown = quoter.requests[-1]["messages"][-1]
    assert shown["role"] == "tool" and BRIDGE in shown["content"]


FIND = {"toolUse": {"toolUseId": "t", "name": "find", "input": {}}}
FINDER = {"tools": [{"toolSpec": {"name": "find", "inputSchema": {"json": {"type": "object"}}}}]}


def before_a_result(first: str, second: str) -> list[dict]:
    """A search result and a document before the result of a tool that has both too."""
    return [
        *asking(), {"role": "assistant", "content": [FIND]},
        {"role": "user", "content": [
            search_result(0, first), document({"text": first}, kind=None),
            {"toolResult": {"toolUseId": "t", "content": [
                search_result(1, second), document({"text": second}, kind=None)]}}]}]


def test_sources_before_a_tools_result_are_counted_first(runtime, quoter):
    messages = before_a_result(BRIDGE, TUNNEL)
    first, second = citations_of(both(runtime, messages, toolConfig=FINDER))
    assert [each["location"]["searchResultLocation"]["searchResultIndex"]
            for each in (first, second)] == [0, 1]


def test_what_is_refused_is_named(runtime, quoter):
    def refused(*blocks: dict, **members):
        return failure_of(lambda: converse(runtime, modelId=QUOTER, messages=asking(*blocks), **members))
    assert_validation(refused(document({"text": "a"}), document({"text": "b"}, enabled=False)),
                      "citations.enabled is true at messages.0.content.1.document and false at "
                      "messages.0.content.2.document")
    assert_validation(refused(search_result(0, "a", enabled=False), search_result(1, "b")),
                      "citations.enabled is false at messages.0.content.1.searchResult")
    assert_validation(refused(search_result(0)), "messages.0.content.1.searchResult is empty")
    assert_validation(refused({"citationsContent": {"content": [{"text": "a"}]}}),
                      "citationsContent at messages.0.content.1")
    assert_validation(
        refused(search_result(0, "a"), outputConfig={"textFormat": {
            "type": "json_schema", "structure": {"jsonSchema": {"schema": '{"type":"object"}'}}}}),
        "outputConfig.textFormat together with citations.enabled true")


def anthropic_document(**members) -> dict:
    return {"type": "document", "title": "report", "citations": {"enabled": True},
            "source": {"type": "text", "media_type": "text/plain", "data": REPORT}} | members


def sdk(server: BedplateServer) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=f"{server.endpoint}/anthropic", api_key=server.bearer_key,
                               max_retries=0)


def sdk_blocks(client: anthropic.Anthropic, model: str, *blocks: dict) -> list[dict]:
    """The content of the answer, which is the same whole and streamed."""
    asked = {"model": model, "max_tokens": 64, "messages": [
        {"role": "user", "content": [*blocks, {"type": "text", "text": "What is said of it?"}]}]}
    whole = [block.to_dict() for block in client.messages.create(**asked).content]
    with client.messages.stream(**asked) as stream:
        streamed = [block.to_dict() for block in stream.get_final_message().content]
    strip = [{name: value for name, value in block.items() if value is not None
              and name in ("type", "text", "citations")} for block in streamed]
    assert strip == whole
    return whole


def test_anthropics_library(server, quoter):
    blocks = sdk_blocks(sdk(server), QUOTER, anthropic_document())
    assert "".join(block["text"] for block in blocks) == quoter.said
    cited = [citation for block in blocks for citation in block.get("citations", [])]
    assert [each["cited_text"] for each in cited] == [BRIDGE, TUNNEL]
    for each in cited:
        assert (each["type"], each["document_index"], each["document_title"]) == (
            "char_location", 0, "report")
        assert REPORT[each["start_char_index"]:each["end_char_index"]] == each["cited_text"]


def test_anthropics_library_is_refused_by_name(server, quoter):
    client = sdk(server)
    with pytest.raises(anthropic.BadRequestError, match="citations/enabled is true of document 0"):
        sdk_blocks(client, QUOTER, anthropic_document(), anthropic_document(citations=None))
    with pytest.raises(anthropic.BadRequestError, match="of the type base64, which is not supported"):
        sdk_blocks(client, QUOTER, anthropic_document(source={
            "type": "base64", "media_type": "application/pdf",
            "data": base64.b64encode(b"%PDF").decode()}))
    with pytest.raises(anthropic.BadRequestError, match="source/type: url is not a valid enum value"):
        sdk_blocks(client, QUOTER, anthropic_document(source={"type": "url", "url": "https://a"}))


CITED = [
    {"type": "char_location", "cited_text": "a", "document_index": 0, "document_title": "report",
     "start_char_index": 0, "end_char_index": 1},
    {"type": "page_location", "cited_text": "b", "document_index": 1, "document_title": "report",
     "start_page_number": 1, "end_page_number": 2}]
RESULT_CITED = [{"type": "search_result_location", "cited_text": "c", "search_result_index": 0,
                 "source": "https://example.com/0", "title": "Result 0", "start_block_index": 0,
                 "end_block_index": 1}]
CLAUDES = [{"type": "text", "text": "It says "}, {"type": "text", "text": "this", "citations": CITED},
           {"type": "text", "text": " and that", "citations": RESULT_CITED},
           {"type": "text", "text": "."}]


@pytest.fixture(scope="module")
def claude():
    running = AnthropicUpstream(lambda request: {"content": CLAUDES,
                                                 "citations_first": running.citations_first})
    running.citations_first = False
    yield running
    running.close()


@pytest.fixture(scope="module")
def bound(tmp_path_factory, claude):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        server = BedplateServer(tmp_path_factory.mktemp("citations")).start()
    server.run("models", "bind", "anthropic.*", "--url", claude.url, "--protocol", "anthropic",
               "--upstream-model", "claude-x", "--api-key-variable", VARIABLE)
    yield server
    server.stop()


@pytest.mark.parametrize("citations_first", [False, True])
def test_claudes_own_citations_through_converse(bound, claude, citations_first):
    claude.citations_first = citations_first
    runtime = bound.client("bedrock-runtime")
    file = pdf_of_pages(["One."])
    messages = asking(document({"text": "a text"}, kind=None), document({"bytes": file}, "pdf"),
                      search_result(0, "c"))
    content = both(runtime, messages, modelId=HAIKU)
    assert content == [
        {"text": "It says "},
        {"citationsContent": {"content": [{"text": "this"}], "citations": [
            {"title": "report", "sourceContent": [{"text": "a"}],
             "location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 1}}},
            {"title": "report", "sourceContent": [{"text": "b"}],
             "location": {"documentPage": {"documentIndex": 1, "start": 1, "end": 2}}}]}},
        {"citationsContent": {"content": [{"text": " and that"}], "citations": [
            {"title": "Result 0", "source": "https://example.com/0", "sourceContent": [{"text": "c"}],
             "location": {"searchResultLocation": {"searchResultIndex": 0, "start": 0, "end": 1}}}]}},
        {"text": "."}]
    enabled = {"citations": {"enabled": True}}
    shown = claude.requests[-1]["messages"][0]["content"]
    assert shown == [
        {"type": "text", "text": "What is said of it?"},
        {"type": "document", "title": "report", **enabled,
         "source": {"type": "text", "media_type": "text/plain", "data": "a text"}},
        {"type": "document", "title": "report", **enabled,
         "source": {"type": "base64", "media_type": "application/pdf",
                    "data": base64.b64encode(file).decode()}},
        {"type": "search_result", "title": "Result 0", "source": "https://example.com/0", **enabled,
         "content": [{"type": "text", "text": "c"}]}]
    both(runtime, [*messages, {"role": "assistant", "content": content},
                   {"role": "user", "content": [{"text": "Really?"}]}], modelId=HAIKU)
    assert claude.requests[-1]["messages"][1] == {"role": "assistant", "content": CLAUDES}


@pytest.mark.parametrize("citations_first", [False, True])
def test_claudes_own_citations_in_claudes_own_words(bound, claude, citations_first):
    claude.citations_first = citations_first
    block = anthropic_document(context="Of 2000.")
    assert sdk_blocks(sdk(bound), HAIKU, block) == CLAUDES
    assert claude.requests[-1]["messages"][0]["content"][0] == block


def test_claudes_sources_are_counted_as_the_request_has_them(bound, claude):
    claude.citations_first = False
    runtime = bound.client("bedrock-runtime")
    messages = before_a_result("a", "b")
    content = both(runtime, messages, modelId=HAIKU, toolConfig=FINDER)
    character, page, result = (citation["location"] for citation in citations_of(content))
    # What is first for the server, the tool's, is second in the request.
    assert character["documentChar"]["documentIndex"] == 1
    assert page["documentPage"]["documentIndex"] == 0
    assert result["searchResultLocation"]["searchResultIndex"] == 1
    shown = claude.requests[-1]["messages"][-1]["content"]
    assert [block["type"] for block in shown] == ["tool_result", "search_result", "document"]
    both(runtime, [*messages, {"role": "assistant", "content": content},
                   {"role": "user", "content": [{"text": "Really?"}]}], modelId=HAIKU, toolConfig=FINDER)
    assert claude.requests[-1]["messages"][3] == {"role": "assistant", "content": CLAUDES}


def test_the_embedded_models_citations_are_true(runtime):
    text = "The password of the old lighthouse is swordfish and nothing else."
    messages = [{"role": "user", "content": [
        document({"text": text}, kind=None), {"text": "What is the password? Quote the sentence."}]}]
    asked = {"modelId": CHAT, "messages": messages,
             "inferenceConfig": {"maxTokens": 48, "temperature": 0}}
    whole = runtime.converse(**asked)["output"]["message"]["content"]
    streamed, _ = assembled(list(runtime.converse_stream(**asked)["stream"]))
    for content in (whole, streamed):
        assert text_of(content)
        for citation in citations_of(content):
            assert_in_place(citation, text)
