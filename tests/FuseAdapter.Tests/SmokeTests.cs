using System.Diagnostics;
using Xunit;

namespace OrthancCloudFs.FuseAdapter.Tests;

public class SmokeTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_file_written_by_another_process_comes_back()
    {
        await using StorageMount mount = StorageMount.Create();
        string path = mount.PathOf("8f3f6c2e-1f0e-4f3b-9a55-0c6f1d7b2a10");
        string script = $"set -e; head -c 524288 /dev/urandom > /tmp/x.$$; dd if=/tmp/x.$$ of={path} bs=4k conv=fsync 2>&1; cmp /tmp/x.$$ {path}; ls -la {mount.MountPoint} {Path.GetDirectoryName(path)}; rm {path}; rm /tmp/x.$$; ls -la {Path.GetDirectoryName(path)}";
        using Process process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        string output = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        output += string.Join(", ", mount.Session.Counters.Requests.Select(r => $"{r.Key} {r.Value}")) + "\n" + string.Join(", ", mount.Bucket.Calls);
        Assert.Fail(output);
    }
}
