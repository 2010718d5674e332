package dev.isobar.emulator.aws.foreign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * S3 over a folder.
 *
 * @see <a href="https://github.com/gaul/s3proxy">S3Proxy</a>
 */
public final class S3Proxy {
    private S3Proxy() {}

    /**
     * Starts it.
     *
     * @param folder holds the objects, its configuration and its log; what lies there from before is served again
     */
    public static ForeignProcess start(Path folder) throws IOException {
        int port = ForeignProcess.freePort();
        Path objects = Files.createDirectories(folder.resolve("objects"));
        Path properties = Files.writeString(
                folder.resolve("s3proxy.properties"),
                String.join(
                        "\n",
                        "s3proxy.endpoint=http://127.0.0.1:" + port,
                        "s3proxy.authorization=none",
                        "jclouds.provider=filesystem-nio2",
                        "jclouds.filesystem.basedir=" + objects,
                        "jclouds.identity=none",
                        "jclouds.credential=none",
                        ""));
        List<String> command = new ArrayList<>(ThirdParty.java("512m"));
        command.addAll(List.of("-jar", ThirdParty.s3Proxy().toString(), "--properties", properties.toString()));
        return ForeignProcess.start("S3Proxy", command, Map.of(), folder, port);
    }
}
