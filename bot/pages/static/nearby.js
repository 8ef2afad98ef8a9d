// Asks for the location only when the button is pressed, coarsens it to about 100 m, and posts it once.
const form = document.getElementById("nearby");
const said = document.getElementById("located");

if (form && "geolocation" in navigator) {
  form.hidden = false;
  document.getElementById("locate").addEventListener("click", () => {
    said.textContent = "Đang lấy vị trí…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(3);
        form.elements.lon.value = coords.longitude.toFixed(3);
        form.submit();
      },
      () => { said.textContent = "Máy không cho lấy vị trí. Anh/chị gõ tên xã, phường vào ô tìm kiếm phía trên."; },
      { maximumAge: 300000, timeout: 10000 },
    );
  });
}
