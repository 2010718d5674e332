package dev.isobar.aws.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore.StatePut;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

@DisplayName("The online store on DynamoDB")
class OnlineLimitsTest {
    @Test
    @DisplayName("refuses what is too much by its keys alone, before it asks the service anything")
    void keysCount() {
        byte[] state = new byte[(int) DynamoOnlineStore.LIMITS.maxStateBytes()];
        int most = (int) (DynamoOnlineStore.LIMITS.maxRequestBytes() / state.length);
        List<StatePut> puts = IntStream.range(0, most)
                .mapToObj(i -> new StatePut("k" + i, 0, state))
                .toList();
        // Nobody listens there: a call that goes out is UNAVAILABLE.
        try (DynamoDbClient nobody = Clients.plain(URI.create("http://127.0.0.1:1"))) {
            IsobarException e = catchThrowableOfType(
                    IsobarException.class, () -> Clients.store(nobody, 99).putAll("n", 1, puts));
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            assertThat(e).hasMessageContaining("too large");
            assertThat(e.adapter()).isEqualTo("test");
            assertThat(e.resource()).isEqualTo("n/k" + (most - 1));
        }
    }
}
