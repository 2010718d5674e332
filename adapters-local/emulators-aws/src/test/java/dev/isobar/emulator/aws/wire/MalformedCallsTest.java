package dev.isobar.emulator.aws.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A call that no SDK would make")
class MalformedCallsTest {
    private static EmulatorServer server;
    private static RawCalls raw;

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
        raw = new RawCalls(server.uri(), "Echo", "echo");
    }

    @AfterAll
    static void down() {
        server.close();
    }

    @Test
    @DisplayName("without or with another's signature is refused")
    void signature() throws Exception {
        String fine = "{\"Text\":\"a\",\"Times\":1}";
        assertThat(raw.call(Map.of("X-Amz-Target", "Echo.Say", "Authorization", raw.signed()), fine)
                        .statusCode())
                .isEqualTo(200);
        raw.refused(403, "MissingAuthenticationTokenException", Map.of("X-Amz-Target", "Echo.Say"), fine);
        raw.refused(
                403,
                "IncompleteSignatureException",
                Map.of("X-Amz-Target", "Echo.Say", "Authorization", "Basic x"),
                fine);
        HttpResponse<String> elsewhere = raw.refused(
                403,
                "InvalidSignatureException",
                Map.of("X-Amz-Target", "Echo.Say", "Authorization", raw.signed().replace("us-east-1", "eu-west-1")),
                fine);
        assertThat(elsewhere.body()).contains("Credential should be scoped to a valid region, not 'eu-west-1'");
        raw.refused(
                403,
                "ExpiredTokenException",
                Map.of("X-Amz-Target", "Echo.Say", "Authorization", raw.signed(), "X-Amz-Security-Token", "expired-1"),
                fine);
    }

    @Test
    @DisplayName("that is no JSON, another type or another operation is refused")
    void json() throws Exception {
        raw.refused("SerializationException", "Say", "");
        raw.refused("SerializationException", "Say", "{");
        raw.refused("SerializationException", "Say", "[]");
        raw.refused("SerializationException", "Say", "{\"Text\":7,\"Times\":1}");
        raw.refused("SerializationException", "Say", "{\"Text\":\"a\",\"Times\":\"1\"}");
        raw.refused("SerializationException", "Say", "{\"Text\":\"a\",\"Times\":1,\"Inner\":[]}");
        raw.refused("SerializationException", "Say", "{\"Text\":\"a\",\"Times\":1,\"Inner\":{\"Words\":\"a\"}}");
        raw.refused("UnknownOperationException", "Shout", "{}");
        raw.refused(404, "UnknownOperationException", Map.of("Authorization", raw.signed()), "{}");
    }

    @Test
    @DisplayName("is told all that is wrong at once, by the path of each member")
    void validation() throws Exception {
        assertThat(raw.refused(
                                "ValidationException",
                                "Say",
                                "{\"Text\":\"abcd\",\"Times\":10,\"Inner\":{\"Words\":[\"long\"]}}")
                        .body())
                .contains(
                        "3 validation errors detected: Value 'abcd' at 'text' failed to satisfy constraint: Member must have"
                                + " length less than or equal to 3; Value '10' at 'times' failed to satisfy constraint: Member"
                                + " must have value less than or equal to 9; Value 'long' at 'inner.words.1.member' failed to"
                                + " satisfy constraint: Member must have length less than or equal to 3");
        assertThat(raw.refused("ValidationException", "Say", "{}").body())
                .contains("Value null at 'text' failed to satisfy constraint: Member must not be null");
    }
}
