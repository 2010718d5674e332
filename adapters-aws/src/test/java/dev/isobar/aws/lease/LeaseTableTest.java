package dev.isobar.aws.lease;

import dev.isobar.aws.emulator.Emulators;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class LeaseTableTest extends LeaseTablePromises {
    private static ForeignProcess dynamo;

    @BeforeAll
    static void start() {
        dynamo = Emulators.dynamoDb();
    }

    @AfterAll
    static void stop() {
        dynamo.close();
    }

    @Override
    URI dynamo() {
        return dynamo.endpoint();
    }
}
