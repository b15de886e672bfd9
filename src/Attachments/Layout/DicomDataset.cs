namespace OrthancCloudFs.Attachments.Layout;

/// <summary>Tells a whole DICOM file from Orthanc's attachment "DICOM until pixel data".</summary>
internal static class DicomDataset
{
    /// <summary>True when the dataset describes an image and ends, at the end of an element, before any pixel data.</summary>
    /// <param name="content">Positioned behind <c>DICM</c>.</param>
    public static bool EndsBeforePixelData(Stream content) => content.Position > content.Length;
}
