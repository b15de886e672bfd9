using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests.Support;

/// <summary>Attachments of a site that are written without an Orthanc.</summary>
internal static class SiteFiles
{
    /// <summary>A name as Orthanc gives them: a random UUID in lower case.</summary>
    public static string NewName() => Guid.NewGuid().ToString("D");

    public static byte[] RandomContent(int length)
    {
        byte[] content = new byte[length];
        Random.Shared.NextBytes(content);
        return content;
    }

    /// <summary>Opens a new attachment for writing, with no buffer between the test and the kernel.</summary>
    public static FileStream CreateAttachment(this Site site, string name)
    {
        string path = site.PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    /// <summary>Writes an attachment as Orthanc does: folders, file, fsync, close.</summary>
    public static async Task WriteAttachmentAsync(this Site site, string name, byte[] content)
    {
        await using FileStream file = site.CreateAttachment(name);
        await file.WriteAsync(content);
        file.Synchronize();
    }

    /// <summary>fsync(2); FileStream's own Flush does not report its errors.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public static void Synchronize(this FileStream file)
    {
        if (fsync(file.SafeFileHandle) != 0)
            throw new IOException(Marshal.GetLastPInvokeErrorMessage(), Marshal.GetLastPInvokeError()); // as .NET's own have it
    }

    /// <summary>Runs a command that takes the configuration.</summary>
    public static Task<CommandResult> RunAsync(this Site site, params string[] arguments) =>
        CloudFsProgram.RunAsync([.. arguments, "--config", site.Configuration]);

    /// <summary>The log of a mount in the background.</summary>
    public static async Task<string> ReadLogAsync(this Site site)
    {
        JsonNode root = JsonNode.Parse(await File.ReadAllTextAsync(site.Configuration))!;
        return await File.ReadAllTextAsync(Path.Combine((string)root["OrthancCloudFs"]!["StateDirectory"]!, "orthanc-cloudfs.log"));
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(SafeFileHandle file);
}
