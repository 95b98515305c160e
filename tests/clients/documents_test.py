"""Documents that take a parser, through boto3: what the model is shown of them, and bad ones."""

from __future__ import annotations

import concurrent.futures
import re
import zlib

import pytest

from asking import assert_validation, converse, failure_of, text_of
from office_files import docx, pdf, xlsx, zipped
from openai_upstream import OpenAiUpstream

MODEL = "test.reader-v1"


@pytest.fixture(scope="module")
def upstream(server):
    """A model that says how many documents it was shown; its requests are looked at."""
    upstream = OpenAiUpstream(lambda request: {"content": "read"})
    server.run("models", "add", MODEL, "--url", upstream.url)
    yield upstream
    server.run("models", "remove", MODEL)
    upstream.close()


def document(kind: str, content: bytes) -> dict:
    return {"document": {"format": kind, "name": "report", "source": {"bytes": content}}}


def asking(*documents: dict) -> list[dict]:
    return [{"role": "user", "content": [{"text": "What is in it?"}, *documents]}]


def shown(runtime, upstream, *documents: dict) -> str:
    upstream.requests.clear()
    answer = converse(runtime, modelId=MODEL, messages=asking(*documents))
    assert text_of(answer) == "read"
    return upstream.requests[-1]["messages"][-1]["content"]


def test_a_word_document(runtime, upstream):
    text = shown(runtime, upstream, document("docx", docx("Straße &amp; Weg", "42 apples")))
    assert '<document name="report">\nStraße & Weg\n42 apples\n' in text


def test_an_excel_workbook(runtime, upstream):
    text = shown(runtime, upstream,
                 document("xlsx", xlsx("Sales", [["town", "sold"], ["Bern", 7.5]])))
    assert "Sheet: Sales\ntown,sold\nBern,7.5\n" in text


def test_a_pdf(runtime, upstream):
    text = shown(runtime, upstream, document("pdf", pdf("Quarterly report", "Profit rose.")))
    assert "Quarterly report" in text and "Profit rose." in text


def test_several_at_once_and_in_a_tools_result(runtime, upstream):
    result = {"toolUseId": "t1", "content": [document("pdf", pdf("from the tool"))]}
    upstream.requests.clear()
    converse(runtime, modelId=MODEL, toolConfig={"tools": [{"toolSpec": {
        "name": "find", "inputSchema": {"json": {"type": "object"}}}}]}, messages=[
            {"role": "user", "content": [{"text": "Look."}, document("docx", docx("first"))]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "t1", "name": "find", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": result}]}])
    question, _, told = upstream.requests[-1]["messages"]
    assert "first" in question["content"] and "from the tool" in told["content"]


def test_the_same_tokens_are_counted(runtime, upstream):
    content = [document("docx", docx("one", "two"))]
    counted = runtime.count_tokens(modelId=MODEL, input={"converse": {"messages": asking(*content)}})
    answer = converse(runtime, modelId=MODEL, messages=asking(*content))
    assert counted["inputTokens"] == answer["usage"]["inputTokens"]


def test_the_embedded_model_reads_one(runtime):
    answer = converse(runtime, inferenceConfig={"maxTokens": 24, "temperature": 0}, messages=[
        {"role": "user", "content": [document("docx", docx("The password is swordfish.")),
                                     {"text": "What is the password?"}]}])
    assert "swordfish" in text_of(answer)


def zip_bomb() -> bytes:
    return docx("x", big=b"<a>" + b" " * (1 << 29) + b"</a>")


def pdf_bomb() -> bytes:
    packed = zlib.compress(b"(x) Tj " * (1 << 25), 9)
    return pdf("x").replace(
        b"4 0 obj\n", b"4 0 obj\n<< /Filter /FlateDecode /Length " + str(len(packed)).encode()
        + b" >>\nstream\n" + packed + b"\nendstream\nendobj\n6 0 obj\n")


@pytest.mark.parametrize("kind, content, reason", [
    ("docx", b"no archive", "it is no ZIP archive"),
    ("docx", zipped({"a": "b"}), "it is no Word document"),
    ("docx", (whole := docx(*map(str, range(9999))))[:len(whole) // 2], "damaged|no XML"),
    ("docx", docx("<broken"), "is no XML"),
    ("docx", docx(""), "it has no text"),
    ("xlsx", docx("x"), "it is no Excel workbook"),
    ("pdf", b"no PDF", "damaged, encrypted, or no PDF file"),
    ("pdf", pdf("x")[:120], "damaged, encrypted, or no PDF file|it has no text"),
    ("pdf", pdf(""), "it has no text"),
], ids=lambda value: value if isinstance(value, str) and len(value) < 5 else "")
def test_bad_documents_are_refused_by_name(runtime, upstream, kind, content, reason):
    failure = failure_of(lambda: converse(runtime, modelId=MODEL,
                                          messages=asking(document(kind, content))))
    assert_validation(failure, "'report' at messages.0.content.1.document")
    assert re.search(f"can't be read as {kind}: .*({reason})", failure.message), failure.message


@pytest.mark.parametrize("kind, make", [("docx", zip_bomb), ("pdf", pdf_bomb)])
def test_bombs_are_refused_and_the_server_goes_on(runtime, upstream, kind, make):
    failure = failure_of(lambda: converse(runtime, modelId=MODEL,
                                          messages=asking(document(kind, make()))))
    assert_validation(failure, f"can't be read as {kind}")
    assert "again" in shown(runtime, upstream, document("docx", docx("again")))


def test_the_documents_of_a_request_are_bounded_together(runtime, upstream):
    each = document("docx", docx("a" * (11 << 20)))
    failure = failure_of(lambda: converse(runtime, modelId=MODEL,
                                          messages=asking(each, each, each)))
    assert_validation(failure, "messages.0.content.3.document can't be read as docx: its text is too "
                               "long")


def test_many_documents_are_read_side_by_side(runtime, upstream):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(converse, runtime, modelId=MODEL,
                               messages=asking(document("docx", docx(f"number {number}"))))
                   for number in range(24)]
    assert all(text_of(answer.result()) == "read" for answer in answers)


def test_other_formats_are_refused_by_name(runtime, upstream):
    failure = failure_of(lambda: converse(runtime, modelId=MODEL,
                                          messages=asking(document("doc", b"x"))))
    assert_validation(failure, "doc document format")
