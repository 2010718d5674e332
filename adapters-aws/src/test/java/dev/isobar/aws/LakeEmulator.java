package dev.isobar.aws;

import dev.isobar.emulator.aws.athena.AthenaService;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** S3 and Athena on one folder, with the bucket of the {@link AwsPlatform}. */
record LakeEmulator(EmulatorServer s3, EmulatorServer athena, AthenaService service) implements AutoCloseable {
    static LakeEmulator start(Path home) throws IOException {
        EmulatorServer s3 = EmulatorServer.start(0, List.of(new S3Service(home.resolve("s3"))));
        Buckets.make(s3.uri());
        AthenaService service = new AthenaService(home.resolve("athena"), s3.uri(), "eu-central-1");
        return new LakeEmulator(s3, EmulatorServer.start(0, List.of(service)), service);
    }

    URI uri() {
        return s3.uri();
    }

    AwsPlatform platform() {
        return new AwsPlatform(Map.of(
                "endpoint.s3",
                s3.uri().toString(),
                "endpoint.athena",
                athena.uri().toString()));
    }

    @Override
    public void close() {
        athena.close();
        service.close();
        s3.close();
    }
}
