package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.state.Folders;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What stands in for a container's file system goes when the container goes. */
final class ContainerFolders {
    private static final Logger LOG = LoggerFactory.getLogger(ContainerFolders.class);

    private ContainerFolders() {}

    /** Removes a folder with all that is in it; what cannot be removed is left and logged. */
    static void remove(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            LOG.warn("Cannot remove {}", folder, e);
        }
    }
}
