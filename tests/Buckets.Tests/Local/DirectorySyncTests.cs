using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using OrthancCloudFs.Buckets.Local;
using Xunit;

namespace OrthancCloudFs.Buckets.Tests.Local;

/// <summary>Whoever is told that bytes are on the disk must be able to rely on it.</summary>
public sealed class DirectorySyncTests
{
    private const int Einval = 22;

    [Fact]
    public void A_failed_fsync_of_a_file_is_reported()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows flushes a pipe as well as a file");

        // A pipe is the nearest thing to a disk that fails: fsync(2) of one always does.
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var file = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        IOException failure = Assert.Throws<IOException>(() => DirectorySync.FlushFile(file, "a pipe"));
        Assert.Equal(Einval, failure.HResult);
        Assert.Contains("fsync a pipe", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_and_its_folder_can_be_synchronised()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-sync-");
        try
        {
            string path = Path.Combine(folder.FullName, "file");
            using (FileStream file = File.Create(path, bufferSize: 0))
            {
                file.WriteByte(1);
                DirectorySync.FlushFile(file.SafeFileHandle, path);
            }

            DirectorySync.Flush(folder.FullName);
            Assert.Equal([1], File.ReadAllBytes(path));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
