package dev.isobar.aws;

import dev.isobar.aws.emulator.Emulators;
import dev.isobar.conformance.ModelRegistrySuite;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Training jobs and endpoints are not held against moto: it has no UpdateEndpoint and runs nothing. */
@Tag("moto")
class SageMakerModelRegistryOnMotoTest extends ModelRegistrySuite {
    @RegisterExtension
    static final NotInMoto NOT_IN_MOTO = new NotInMoto(Map.of(
            "deletes",
            "moto has no DeleteModelPackage",
            "compareAndSet",
            "moto's UpdateModelPackage loses the metadata of a package"));

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
        return new AwsPlatform(Map.of("endpoint", moto.endpoint().toString()), "moto");
    }
}
