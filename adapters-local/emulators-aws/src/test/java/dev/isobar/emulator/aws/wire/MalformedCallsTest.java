package dev.isobar.emulator.aws.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A call that no SDK would make")
class MalformedCallsTest {
    private static final String SIGNED =
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/echo/aws4_request, SignedHeaders=host, Signature=0";

    private static EmulatorServer server;

    /** Takes one number and one text. */
    private static final class Echo extends JsonService {
        Echo() {
            super("Echo");
            operation("Say", request -> {
                Members in = Members.of(request);
                in.text("Text", Rule.pattern(1, 3, "[a-z]*"));
                in.number("Times", 1, 9);
                in.optionalObject("Inner").texts("Words", 1, 2, Rule.length(3));
                in.check();
                return request;
            });
        }
    }

    @BeforeAll
    static void up() throws IOException {
        server = EmulatorServer.start(0, List.of(new SignedService("us-east-1", new Echo())));
    }

    @AfterAll
    static void down() {
        server.close();
    }

    @Test
    @DisplayName("without or with another's signature is refused")
    void signature() throws Exception {
        String fine = "{\"Text\":\"a\",\"Times\":1}";
        assertThat(call(Map.of("X-Amz-Target", "Echo.Say", "Authorization", SIGNED), fine)
                        .statusCode())
                .isEqualTo(200);
        refused(403, "MissingAuthenticationTokenException", Map.of("X-Amz-Target", "Echo.Say"), fine);
        refused(
                403,
                "IncompleteSignatureException",
                Map.of("X-Amz-Target", "Echo.Say", "Authorization", "Basic x"),
                fine);
        HttpResponse<String> elsewhere = refused(
                403,
                "InvalidSignatureException",
                Map.of("X-Amz-Target", "Echo.Say", "Authorization", SIGNED.replace("us-east-1", "eu-west-1")),
                fine);
        assertThat(elsewhere.body()).contains("Credential should be scoped to a valid region, not 'eu-west-1'");
        refused(
                403,
                "ExpiredTokenException",
                Map.of("X-Amz-Target", "Echo.Say", "Authorization", SIGNED, "X-Amz-Security-Token", "expired-1"),
                fine);
    }

    @Test
    @DisplayName("that is no JSON, another type or another operation is refused")
    void json() throws Exception {
        refused("SerializationException", "Say", "");
        refused("SerializationException", "Say", "{");
        refused("SerializationException", "Say", "[]");
        refused("SerializationException", "Say", "{\"Text\":7,\"Times\":1}");
        refused("SerializationException", "Say", "{\"Text\":\"a\",\"Times\":\"1\"}");
        refused("SerializationException", "Say", "{\"Text\":\"a\",\"Times\":1,\"Inner\":[]}");
        refused("SerializationException", "Say", "{\"Text\":\"a\",\"Times\":1,\"Inner\":{\"Words\":\"a\"}}");
        refused("UnknownOperationException", "Shout", "{}");
        refused(404, "UnknownOperationException", Map.of("Authorization", SIGNED), "{}");
    }

    @Test
    @DisplayName("is told all that is wrong at once, by the path of each member")
    void validation() throws Exception {
        assertThat(refused(
                                "ValidationException",
                                "Say",
                                "{\"Text\":\"abcd\",\"Times\":10,\"Inner\":{\"Words\":[\"long\"]}}")
                        .body())
                .contains(
                        "3 validation errors detected: Value 'abcd' at 'text' failed to satisfy constraint: Member must have"
                                + " length less than or equal to 3; Value '10' at 'times' failed to satisfy constraint: Member"
                                + " must have value less than or equal to 9; Value 'long' at 'inner.words.1.member' failed to"
                                + " satisfy constraint: Member must have length less than or equal to 3");
        assertThat(refused("ValidationException", "Say", "{}").body())
                .contains("Value null at 'text' failed to satisfy constraint: Member must not be null");
    }

    private static HttpResponse<String> refused(String type, String operation, String body) throws Exception {
        return refused(400, type, Map.of("X-Amz-Target", "Echo." + operation, "Authorization", SIGNED), body);
    }

    private static HttpResponse<String> refused(int status, String type, Map<String, String> headers, String body)
            throws Exception {
        HttpResponse<String> response = call(headers, body);
        assertThat(response.body()).contains("\"__type\":\"" + type + "\"");
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("x-amzn-errortype")).contains(type);
        return response;
    }

    private static HttpResponse<String> call(Map<String, String> headers, String body) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.uri()).POST(HttpRequest.BodyPublishers.ofString(body));
        new TreeMap<>(headers).forEach(request::header);
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
