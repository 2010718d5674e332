package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulators;
import dev.isobar.conformance.ObjectStoreSuite;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("moto")
class S3ObjectStoreOnMotoTest extends ObjectStoreSuite {
    @RegisterExtension
    static final NotInMoto NOT_IN_MOTO =
            new NotInMoto(Map.of("large", "moto answers GetObject with a part number without Content-Range"));

    private static ForeignProcess moto;

    @BeforeAll
    static void start() {
        moto = Emulators.moto();
        Buckets.make(moto.endpoint());
    }

    @AfterAll
    static void stop() {
        if (moto != null) {
            moto.close();
        }
    }

    @Override
    protected Platform platform() {
        return new AwsPlatform(Map.of("endpoint.s3", moto.endpoint().toString()), "moto");
    }
}
