package dev.isobar.aws.lease;

import dev.isobar.aws.emulator.Emulator;
import java.net.URI;
import org.junit.jupiter.api.extension.RegisterExtension;

class LeaseTableTest extends LeaseTablePromises {
    @RegisterExtension
    static final Emulator DYNAMO = Emulator.dynamoDb();

    @Override
    URI dynamo() {
        return DYNAMO.endpoint();
    }
}
