package dev.isobar.aws.lease;

import dev.isobar.aws.emulator.LocalStack;
import java.net.URI;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("docker")
class LeaseTableOnLocalStackTest extends LeaseTablePromises {
    private static URI endpoint;

    @BeforeAll
    static void start() {
        endpoint = LocalStack.endpoint();
    }

    @Override
    URI dynamo() {
        return endpoint;
    }
}
