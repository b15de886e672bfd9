using OrthancCloudFs.FuseAdapter.Tests.Requests;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests.Model;

/// <summary>
/// Random calls on the mount and on tmpfs, which must agree up to the rules of docs/semantics.md. The seed is printed; a failing sequence is
/// run again with <c>ORTHANC_CLOUDFS_MODEL_SEED</c>.
/// </summary>
public class ReferenceModelTests(ITestOutputHelper output)
{
    private const string SeedVariable = "ORTHANC_CLOUDFS_MODEL_SEED";
    private const int Steps = 3000;

    /// <summary>Shares for all writers at once: the script is one process, which cannot wait for itself.</summary>
    private const long StagingBytes = 512L << 20;

    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), out int given) ? given : Random.Shared.Next(1_000_000_000);

    [Theory(Timeout = 240_000)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task The_mount_agrees_with_tmpfs(int sequence, bool legacy)
    {
        int seed = FirstSeed + sequence;
        output.WriteLine($"{SeedVariable}={FirstSeed}, sequence {sequence}: seed {seed}");
        string reference = Path.Combine("/dev/shm", $"orthanc-cloudfs-model-{Environment.ProcessId}-{sequence}");
        Directory.CreateDirectory(reference);
        try
        {
            await using StorageMount mount = StorageMount.Create(new MountSetup { Legacy = legacy, StagingBytes = StagingBytes });
            (int exitCode, string printed, string errors) =
                await SystemCalls.PythonAsync("Model/model.py", mount.MountPoint, reference, seed.ToString(), Steps.ToString());
            Assert.True(exitCode == 0, printed + errors);
            output.WriteLine(printed);
        }
        finally
        {
            Directory.Delete(reference, recursive: true);
        }
    }
}
